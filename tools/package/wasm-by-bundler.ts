// What stands in the place of src/library/wasm-modules.ts in a Worker: its bundler turns an imported module into a
// compiled one. The modules lie beside this file's output in the package.
import decode from './decode.wasm';
import kernels from './kernels.relaxed.wasm';

export const kernelsModule = async (): Promise<WebAssembly.Module> => kernels;
export const decodeModule = async (): Promise<WebAssembly.Module> => decode;
