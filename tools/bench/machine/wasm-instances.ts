// Sees the exports of every wasm instance that some code makes, where that code has no seam of its own for it.

/** Runs `work`; `wrap` gets the exports of each instance made meanwhile and returns what its maker sees. */
export async function withInstances<T>(
  wrap: (exports: WebAssembly.Exports) => Record<string, unknown>,
  work: () => T | Promise<T>,
): Promise<T> {
  const { Instance } = WebAssembly;
  Reflect.set(
    WebAssembly,
    'Instance',
    function WrappedInstance(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      return { exports: wrap(new Instance(module, imports).exports) };
    },
  );
  try {
    return await work();
  } finally {
    Reflect.set(WebAssembly, 'Instance', Instance);
  }
}
