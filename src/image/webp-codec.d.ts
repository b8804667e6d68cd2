// The part of @jsquash/webp's decoder that is used; its own declaration needs the DOM's types.
declare module '@jsquash/webp/codec/dec/webp_dec.js' {
  interface Codec {
    decode(file: Uint8Array): { data: Uint8ClampedArray; width: number; height: number } | null;
  }
  export default function codec(options: {
    noInitialRun: boolean;
    instantiateWasm(
      imports: WebAssembly.Imports,
      ready: (instance: WebAssembly.Instance) => void,
    ): WebAssembly.Exports;
  }): Promise<Codec>;
}
