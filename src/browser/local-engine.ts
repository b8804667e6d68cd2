// The server's own decoder, engine and weights in this browser, hence the same bits.
import type { Engine, Prediction } from '../engine/engine.ts';
import { featureLayers } from '../heads/features.ts';
import { ImageDecoder } from '../image/decoder.ts';
import { imageLimits } from '../image/limits.ts';
import type { Picture } from '../image/picture.ts';
import { openWholeFile } from '../model/whole-file.ts';
import type { Source } from './messages.ts';
import { type FetchOptions, fetchModel, forgetModel, keepModel } from './model-fetch.ts';

/** u8 RGB of u8 RGBA. */
function rgb(rgba: Uint8ClampedArray): Uint8Array {
  const pixels = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3)
    pixels.set(rgba.subarray(from, from + 3), to);
  return pixels;
}

/** A photo with pixels of its own, not one whose activations the server computed. */
export type PixelSource = Exclude<Source, { kind: 'activations' }>;

export class LocalEngine {
  readonly #engine: Engine;
  readonly #decoder: ImageDecoder;
  /** Of the model's file. */
  readonly bytes: number;
  /** Whether that came from the browser's cache. */
  readonly cached: boolean;

  private constructor(engine: Engine, decoder: ImageDecoder, bytes: number, cached: boolean) {
    this.#engine = engine;
    this.#decoder = decoder;
    this.bytes = bytes;
    this.cached = cached;
  }

  /** Throws Error in words. */
  static async open(
    kernels: Promise<WebAssembly.Module>,
    decode: Promise<WebAssembly.Module>,
    options: FetchOptions,
  ): Promise<LocalEngine> {
    const { model, sha256 } = options;
    const [kernelsModule, decodeModule, file] = await Promise.all([kernels, decode, fetchModel(options)]);
    const engine = await openWholeFile(kernelsModule, file.bytes).catch(async (error: unknown) => {
      await forgetModel(model, sha256);
      throw error;
    });
    if (!file.cached) await keepModel(model, sha256, file.bytes);
    return new LocalEngine(engine, new ImageDecoder(decodeModule), file.bytes.length, file.cached);
  }

  get inputSize(): number {
    return this.#engine.inputSize;
  }

  /** Throws ServiceError for a file that cannot be read. */
  async decode(file: Blob, fit: 'resize' | 'none'): Promise<Picture> {
    const { preprocess } = this.#engine.info;
    return this.#decoder.decode(new Uint8Array(await file.arrayBuffer()), {
      preprocess: fit === 'none' ? { ...preprocess, resize: 'warp', resizeTo: preprocess.crop } : preprocess,
      limits: imageLimits({}),
      exif: 'apply',
      area: 'crop',
    });
  }

  /** u8 RGB [size][size][3]. Throws as decode. */
  async pixels(source: PixelSource): Promise<Uint8Array> {
    return source.kind === 'frame' ? rgb(source.rgba) : (await this.decode(source.file, source.fit)).pixels;
  }

  run(pixels: Uint8Array): Prediction {
    const [prediction] = this.#engine.run([pixels]);
    if (!prediction) throw new Error('The engine gave no prediction.');
    return prediction;
  }

  /** What a head may read of a photo: f32 of each dense layer but the last, by name. */
  activations(pixels: Uint8Array): Record<string, Float32Array> {
    const names = featureLayers(this.#engine.info).map(({ name }) => name);
    const [vectors = []] = this.#engine.activations([pixels], names);
    return Object.fromEntries(names.map((name, i) => [name, vectors[i] ?? new Float32Array(0)]));
  }
}
