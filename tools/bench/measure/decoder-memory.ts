// Linear memory of the image decoder after decoding one JPEG: the rest of the isolate's wasm memory beside the
// engine's, which workerd's inspector does not tell.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ImageDecoder } from '../../../src/image/decoder.ts';
import { imageLimits } from '../../../src/image/limits.ts';
import type { Preprocess } from '../../../src/network/preprocess.ts';
import { withInstances } from '../machine/wasm-instances.ts';

/** Bytes of all linear memories that decoding `file` made. */
export async function decoderMemoryBytes(file: Uint8Array, preprocess: Preprocess): Promise<number> {
  const wasm = await readFile(path.join(import.meta.dirname, '../../../build/decode.wasm'));
  const module: WebAssembly.Module = Reflect.construct(WebAssembly.Module, [wasm]);
  const memories: WebAssembly.Memory[] = [];
  await withInstances(
    (exports) => {
      if (exports.memory instanceof WebAssembly.Memory) memories.push(exports.memory);
      return exports;
    },
    async () => {
      const decoder = new ImageDecoder(module);
      await decoder.decode(file, { preprocess, limits: imageLimits({}), exif: 'apply', area: 'crop' });
    },
  );
  return memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}
