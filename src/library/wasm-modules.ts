/// <reference path="./scope.d.ts" />
// The two wasm modules, compiled, for browsers and every runtime that fetches what lies beside a script. The build of
// the package puts another file in the place of this one where modules are read from disk, or imported by a bundler.

async function bytesOf(address: URL): Promise<ArrayBuffer> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: expected status 200, found ${response.status}`);
  return response.arrayBuffer();
}

/** The kernels that this runtime can run; both kinds give the same bits. */
export async function kernelsModule(): Promise<WebAssembly.Module> {
  // Each address in the form that bundlers look for.
  const relaxed = await bytesOf(new URL('./kernels.relaxed.wasm', import.meta.url));
  if (WebAssembly.validate(relaxed)) return WebAssembly.compile(relaxed);
  return WebAssembly.compile(await bytesOf(new URL('./kernels.simd128.wasm', import.meta.url)));
}

export async function decodeModule(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await bytesOf(new URL('./decode.wasm', import.meta.url)));
}
