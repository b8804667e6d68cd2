// A model beside the one in use: one at a time, the last that was asked for. Asking for another gives its memory up as soon
// as the requests that use it have ended.
import { ModelLoader } from './loader.ts';

/** What follows a packed model's name: its checksums. */
const CHECKSUMS = /^(-[0-9a-f]{12}){1,2}\.safetensors$/;

/** The packed model of a name that was stored last; undefined where there is none. */
export async function findModel(
  bucket: R2Bucket | undefined,
  name: string,
): Promise<{ key: string; bytes: number } | undefined> {
  const found = await bucket?.list({ prefix: `${name}-` });
  const models = found?.objects.filter(({ key }) => CHECKSUMS.test(key.slice(name.length)));
  const last = models?.sort((a, b) => a.uploaded.getTime() - b.uploaded.getTime()).at(-1);
  return last && { key: last.key, bytes: last.size };
}

export class SecondModel {
  readonly #module: WebAssembly.Module;
  #key = '';
  #loader: ModelLoader | undefined;

  /** @param module build/kernels.wasm */
  constructor(module: WebAssembly.Module) {
    this.#module = module;
  }

  /** The loader of a key of the bucket. */
  loader(key: string): ModelLoader {
    if (!this.#loader || key !== this.#key) this.#loader = new ModelLoader(this.#module);
    this.#key = key;
    return this.#loader;
  }
}
