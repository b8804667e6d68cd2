// What stands in the place of src/library/wasm-modules.ts where there is a file system: Node, Deno, Bun.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const bytesOf = (name: string) => readFile(fileURLToPath(new URL(name, import.meta.url).href));

/** The Worker's types declare the constructor abstract; these runtimes have it. */
const compiled = async (name: string): Promise<WebAssembly.Module> =>
  Reflect.construct(WebAssembly.Module, [await bytesOf(name)]);

/** The kernels that this runtime can run; both kinds give the same bits. */
export async function kernelsModule(): Promise<WebAssembly.Module> {
  return compiled('./kernels.relaxed.wasm').catch(() => compiled('./kernels.simd128.wasm'));
}

export function decodeModule(): Promise<WebAssembly.Module> {
  return compiled('./decode.wasm');
}
