// What a dedicated worker of a browser has beside the names that it shares with workerd.
declare function postMessage(message: unknown): void;
declare namespace WebAssembly {
  function compile(bytes: ArrayBuffer): Promise<Module>;
}
interface ImportMeta {
  url: string;
}
interface Cache {
  keys(): Promise<readonly Request[]>;
}
