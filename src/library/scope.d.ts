// What every runtime of the package knows, and the Worker's types do not.
interface ImportMeta {
  url: string;
}
declare namespace WebAssembly {
  function compile(bytes: ArrayBuffer): Promise<Module>;
}
