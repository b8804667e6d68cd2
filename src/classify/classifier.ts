// The use case: the bytes of pictures in, their classes out. One object a request: the model, the decoder, what the
// request may take (its budget) and what it did (its log). Knows no HTTP and no R2: routes and RPC make one and call
// it; it calls image, engine and model. Pictures are decoded while a cold isolate still loads its weights.
import type { Engine, Observer, Prediction } from '../engine/engine.ts';
import { ServiceError } from '../errors.ts';
import type { ServedHead } from '../heads/catalog.ts';
import { featureLayers, quantizeFeatures } from '../heads/features.ts';
import { checkBackbone } from '../heads/file.ts';
import { knownP } from '../heads/known.ts';
import type { ImageDecoder } from '../image/decoder.ts';
import type { DecodeOptions, ImageLimits, Picture } from '../image/picture.ts';
import { release } from '../image/pixels.ts';
import type { Budget } from '../isolate/budget.ts';
import type { Permit } from '../isolate/turns.ts';
import type { Upload } from '../isolate/upload.ts';
import type { ModelInfo } from '../network/model-info.ts';
import { type HeadResult, headLayers, headModel, scoreHeads } from './heads.ts';
import { inRuns } from './in-runs.ts';
import type { ModelHandle } from './model-handle.ts';
import { PASS_MS } from './paid-list.ts';
import type { RequestLog } from './request-log.ts';
import { averagePredictions, TEN, tenCrops } from './ten-crop.ts';

/** An image file's bytes, whole or as they arrive. */
export type ImageSource = Upload | Uint8Array;

export interface ReadOptions {
  exif: 'apply' | 'ignore';
  /** Of lightly damaged files; accepted unless told otherwise. */
  damaged?: 'accept' | 'refuse' | undefined;
  /** 1: the centre crop; 10: corners and centre, mirrored too, averaged. */
  crops: 1 | 10;
}

/** What was learned of one picture. */
export interface Classified {
  picture: Omit<Picture, 'pixels'>;
  /** Of the model, or of the first head where heads were asked for. */
  prediction: Prediction;
  /** p-value of being like the photos that the model was trained on; none: the model does not say. */
  known?: number | undefined;
  /** What each head says, where heads were asked for. */
  heads?: HeadResult[];
}

export type Scores = Omit<Classified, 'picture'>;

/** A picture that waits for its run. */
export type HeldPicture = Picture & { permit: Permit };

export interface Batch<Result = Classified | ServiceError> {
  model: ModelInfo;
  /** One for each source, in order. */
  results: Result[];
}

export interface ClassifierParts {
  model: ModelHandle;
  decoder: ImageDecoder;
  limits: ImageLimits;
  /** The Images binding, for the formats that are not decoded here. */
  images?: ImagesBinding | undefined;
  /** The published head of a name; undefined where there is none. */
  findHead: (name: string) => Promise<ServedHead | undefined>;
  headNames: () => Promise<string[]>;
  budget: Budget;
  log: RequestLog;
}

/** Pictures of one run: the dense layers read their weights once for all, and no other request gets a turn. */
const RUN_PICTURES = 4;

/** Where the model can say it: its calibration reads what the last dense layer reads. */
function knownOf({ embedding, logits }: Prediction, { known }: ModelInfo): number | undefined {
  if (!known) return undefined;
  const fits = !known.detector || known.detector.weight.length === embedding.length;
  return fits ? knownP(known, embedding, logits) : undefined;
}

function take<T>(values: Iterator<T>, count: number): T[] {
  const taken: T[] = [];
  while (taken.length < count) {
    const { done, value } = values.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

export class Classifier {
  readonly model: ModelHandle;
  readonly limits: ImageLimits;
  readonly budget: Budget;
  readonly log: RequestLog;
  readonly #parts: ClassifierParts;
  #cold: boolean | undefined;
  #heads: ServedHead[] = [];

  constructor(parts: ClassifierParts) {
    this.#parts = parts;
    this.model = parts.model;
    this.limits = parts.limits;
    this.budget = parts.budget;
    this.log = parts.log;
  }

  /**
   * From now on this request asks heads: what is classified, is classified by them, in one pass that ends where the
   * last of them reads. Throws ServiceError: not-found, head-backbone, those of the catalog and of the model's loading.
   */
  async useHeads(names: readonly string[]): Promise<void> {
    const model = await this.#describeBackbone();
    const heads: ServedHead[] = [];
    for (const name of names) {
      const found = await this.#parts.findHead(name);
      if (!found) throw new ServiceError('not-found', `there is no head ${name}; GET /v1/models lists them`);
      checkBackbone(found.head, model);
      heads.push(found);
    }
    this.#heads = heads;
  }

  /** Whether a head of this name is published. Throws ServiceError: those of the catalog. */
  async hasHead(name: string): Promise<boolean> {
    return (await this.#parts.findHead(name)) !== undefined;
  }

  /** Names of all published heads. */
  headNames(): Promise<string[]> {
    return this.#parts.headNames();
  }

  /** Whether heads are asked. */
  get usesHeads(): boolean {
    return this.#heads.length > 0;
  }

  /** What the model, or the first head that was asked for, says of itself. Throws ServiceError: those of the model's loading. */
  async describe(): Promise<ModelInfo> {
    const model = await this.#describeBackbone();
    const [first] = this.#heads;
    return first ? headModel(model, first) : model;
  }

  /** What the model says of itself. Throws ServiceError: those of the model's loading. */
  #describeBackbone(): Promise<ModelInfo> {
    return this.#timed('loadMs', () => {
      this.#cold ??= !this.model.warm;
      return this.model.describe();
    });
  }

  /** The loaded engine. Throws ServiceError: those of the model's loading. */
  load(): Promise<Engine> {
    return this.#timed('loadMs', () => {
      this.#cold ??= !this.model.warm;
      return this.model.load();
    });
  }

  /** Decodes one picture. Throws ServiceError: those of ImageDecoder.decode. */
  async decode(
    source: ImageSource,
    options: Pick<DecodeOptions, 'preprocess' | 'exif' | 'damaged' | 'area'>,
  ): Promise<Picture> {
    const { decoder, limits, images, budget } = this.#parts;
    const picture = await this.#timed('decodeMs', () =>
      decoder.decode(source, { ...options, limits, images, budget }),
    ).catch((error: unknown) => {
      if (error instanceof ServiceError && error.hint) this.log.hint = error.hint;
      throw error;
    });
    this.log.start = this.#cold ? 'cold' : 'warm';
    this.log.bytes += picture.bytes;
    this.log.pixels += picture.width * picture.height;
    this.log.format = picture.format;
    return picture;
  }

  /**
   * Runs the network over pictures, some at a time; others get their turns in between. A trap throws the engine away
   * and becomes one failed request.
   * @param pixels u8 RGB [size][size][3] each, of the network's size; what is made while it is iterated is in memory
   * only for its run
   * @param count of them
   * Throws ServiceError: those of the model's loading, engine-trap, too-much-work.
   */
  async predict(pixels: Iterable<Uint8Array>, count: number, observe?: Observer): Promise<Prediction[]> {
    return this.#pass(pixels, count, (engine, some) => engine.run(some, observe));
  }

  /** Runs something over pictures, some at a time, and is charged for it. */
  async #pass<T>(
    pixels: Iterable<Uint8Array>,
    count: number,
    run: (engine: Engine, pixels: Uint8Array[]) => T[],
  ): Promise<T[]> {
    this.budget.charge(count * PASS_MS, `classifying ${count} pictures`);
    const engine = await this.load();
    this.log.model = `${engine.info.name}@${engine.info.sha256.slice(0, 12)}`;
    this.log.start = this.#cold ? 'cold' : 'warm';
    const results: T[] = [];
    const pictures = pixels[Symbol.iterator]();
    for (let left = count; left > 0; left -= RUN_PICTURES) {
      await this.budget.turn(Math.min(left, RUN_PICTURES) * PASS_MS);
      const some = take(pictures, Math.min(left, RUN_PICTURES));
      await this.#timed('inferenceMs', async () => {
        results.push(...this.#guarded(() => run(engine, some)));
      });
      if (!Array.isArray(pixels)) some.forEach(release);
    }
    return results;
  }

  /** Classifies one picture. Throws ServiceError: those of decode and predict. */
  async classify(source: ImageSource, options: ReadOptions): Promise<Classified & { model: ModelInfo }> {
    const model = await this.describe().catch(async (error: unknown) => {
      // The model failed before the decoder took the body: without this it would never end.
      if (!(source instanceof Uint8Array)) await source.cancel(error);
      throw error;
    });
    const picture = await this.#read(source, options, model);
    // The decoder's memory.
    this.budget.settle();
    const [classified] = await this.#classifyPictures([picture], options, model);
    if (!classified) throw new ServiceError('internal', 'expected one prediction for each picture');
    return { ...classified, model };
  }

  /**
   * Classifies each source, some at a time, as they arrive; one that cannot be read has its error in its place.
   * Throws ServiceError: those of the model's loading, engine-trap, too-much-work, and whatever `sources` throws.
   */
  async classifyAll(
    sources: AsyncIterable<ImageSource> | Iterable<ImageSource>,
    options: ReadOptions,
  ): Promise<Batch> {
    const model = await this.describe();
    const results = await inRuns(
      sources,
      (source) => this.#read(source, options, model),
      options.crops,
      (pictures) => this.#classifyPictures(pictures, options, model),
    );
    return { model, results };
  }

  /**
   * Reads one picture, to be classified together with others of the same client: each is charged to its own budget,
   * and its memory stays reserved until it is classified. Throws ServiceError: those of decode.
   */
  async read(source: ImageSource, options: ReadOptions): Promise<HeldPicture> {
    const picture = await this.#read(source, options, await this.#describeBackbone());
    this.budget.rest();
    return picture;
  }

  /** Classifies pictures that were read, one result each, in order. Throws ServiceError: those of predict. */
  async classifyPictures(pictures: readonly HeldPicture[], options: ReadOptions): Promise<Batch<Classified>> {
    const model = await this.describe();
    return { model, results: await this.#classifyPictures(pictures, options, model) };
  }

  /**
   * What the layers make of each source that a head may read, as training keeps it; a source that cannot be read has
   * its error in its place. Throws ServiceError as classifyAll.
   */
  async readFeatures(
    sources: AsyncIterable<ImageSource> | Iterable<ImageSource>,
    exif: ReadOptions['exif'],
  ): Promise<Batch<Uint8Array[] | ServiceError>> {
    const model = await this.#describeBackbone();
    const layers = featureLayers(model).map(({ name }) => name);
    const results = await inRuns(
      sources,
      (source) => this.#read(source, { exif, crops: 1 }, model),
      1,
      async (pictures) => {
        const pixels = pictures.map((picture) => picture.pixels);
        const activations = await this.#pass(pixels, pixels.length, (engine, some) =>
          engine.activations(some, layers),
        );
        for (const { pixels, permit } of pictures) {
          release(pixels);
          permit.leave();
        }
        return activations.map((vectors) => vectors.map(quantizeFeatures));
      },
    );
    return { model, results };
  }

  /**
   * Classifies pictures that need no decoding.
   * @param pixels makes them for the model: u8 RGB [size][size][3] each
   * Throws ServiceError: those of predict, and whatever `pixels` throws.
   */
  async classifyPixels(pixels: (model: ModelInfo) => Uint8Array[]): Promise<Batch<Scores>> {
    const model = await this.describe();
    const pictures = pixels(model);
    const scores = await this.#score(pictures, pictures.length, 1, model);
    pictures.forEach(release);
    return { model, results: scores };
  }

  /** Gives back everything that the request held. */
  finish(): void {
    this.budget.finish();
  }

  async #read(source: ImageSource, options: ReadOptions, { preprocess }: ModelInfo): Promise<HeldPicture> {
    const area = options.crops === 10 ? 'square' : 'crop';
    const { exif, damaged } = options;
    const picture = await this.decode(source, { preprocess, exif, damaged, area });
    return { ...picture, permit: await this.budget.reserve(picture.pixels.byteLength) };
  }

  /**
   * Single crops of all pictures share their runs; ten crops are averaged picture by picture. The pictures are given
   * back.
   */
  async #classifyPictures(
    pictures: readonly HeldPicture[],
    { crops }: ReadOptions,
    model: ModelInfo,
  ): Promise<Classified[]> {
    const scores: Scores[] = [];
    if (crops === 1)
      scores.push(
        ...(await this.#score(
          pictures.map(({ pixels }) => pixels),
          pictures.length,
          1,
          model,
        )),
      );
    else
      for (const { pixels, size } of pictures)
        scores.push(...(await this.#score(tenCrops(pixels, size, model.preprocess.crop), 1, TEN, model)));
    return pictures.map(({ pixels, permit, ...picture }, i) => {
      release(pixels);
      permit.leave();
      const own = scores[i];
      if (!own) throw new ServiceError('internal', 'expected one prediction for each picture');
      return { picture, ...own };
    });
  }

  /**
   * The scores of pictures by the model or by the heads.
   * @param pixels the crops of each picture, one picture after the other
   */
  async #score(
    pixels: Iterable<Uint8Array>,
    pictures: number,
    crops: number,
    model: ModelInfo,
  ): Promise<Scores[]> {
    const each = <T>(results: readonly T[]) =>
      Array.from({ length: pictures }, (_, i) => results.slice(i * crops, (i + 1) * crops));
    const heads = this.#heads;
    if (heads.length === 0)
      return each(await this.predict(pixels, pictures * crops)).map((predictions) => {
        const prediction = averagePredictions(predictions);
        return { prediction, known: knownOf(prediction, model) };
      });
    const layers = headLayers(heads);
    const activations = await this.#pass(pixels, pictures * crops, (engine, some) =>
      engine.activations(some, layers),
    );
    return each(activations).map((vectors): Scores => {
      const results = scoreHeads(heads, vectors, model);
      const [first] = results;
      if (!first) throw new ServiceError('internal', 'expected a result of each head');
      return { prediction: first, known: first.known, heads: results };
    });
  }

  /** A trap throws the engine away. */
  #guarded<T>(run: () => T): T {
    try {
      return run();
    } catch (cause) {
      this.model.drop();
      throw new ServiceError('engine-trap', 'the computation trapped; the next request gets a fresh engine', {
        cause,
      });
    }
  }

  async #timed<T>(part: 'decodeMs' | 'loadMs' | 'inferenceMs', work: () => Promise<T>): Promise<T> {
    const started = Date.now();
    try {
      return await work();
    } finally {
      this.log[part] += Date.now() - started;
    }
  }
}
