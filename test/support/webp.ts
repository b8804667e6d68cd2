// The WebP codec for tests in Node: the module that the Worker bundles.
import { readFileSync } from 'node:fs';
import path from 'node:path';

const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;

export function loadWebp(): WebAssembly.Module {
  const file = path.join(import.meta.dirname, '../../node_modules/@jsquash/webp/codec/dec/webp_dec.wasm');
  return new Module(readFileSync(file));
}
