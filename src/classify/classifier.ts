// The use case: the bytes of pictures in, their classes out. One object a request: the model, the decoder, what the
// request may take (its budget) and what it did (its log). Knows no HTTP and no R2: routes and RPC make one and call
// it; it calls image, engine and model. Pictures are decoded while a cold isolate still loads its weights.
import type { Dropout } from '../engine/dropout.ts';
import type { Engine, Observer, Prediction, Without } from '../engine/engine.ts';
import { ServiceError } from '../errors.ts';
import type { ServedHead } from '../heads/catalog.ts';
import { featureLayers, quantizeFeatures } from '../heads/features.ts';
import { checkBackbone } from '../heads/file.ts';
import type { ImageDecoder } from '../image/decoder.ts';
import type { DecodeOptions, ImageLimits, Picture } from '../image/picture.ts';
import { release } from '../image/pixels.ts';
import type { Budget } from '../isolate/budget.ts';
import type { Permit } from '../isolate/turns.ts';
import type { Upload } from '../isolate/upload.ts';
import type { ModelInfo } from '../network/model-info.ts';
import { type Ensemble, gatherEnsemble, type StoredModel } from './ensemble.ts';
import { headModel } from './heads.ts';
import { inRuns } from './in-runs.ts';
import type { ModelHandle } from './model-handle.ts';
import type { Relight } from './relight.ts';
import type { RequestLog } from './request-log.ts';
import type { Said } from './said.ts';
import { type Scoring, scorePictures, scorePixels } from './scoring.ts';
import { type Silence, silencedChannels } from './silence.ts';
import { inGroups, PASS_MS, runPictures, workOf } from './work.ts';

/** An image file's bytes, whole or as they arrive. */
export type ImageSource = Upload | Uint8Array;

export interface ReadOptions {
  exif: 'apply' | 'ignore';
  /** Of lightly damaged files; accepted unless told otherwise. */
  damaged?: 'accept' | 'refuse' | undefined;
  /** 1: the centre crop; 10: corners and centre, mirrored too, averaged. */
  crops: 1 | 10;
  /** Copies in other light, averaged. */
  relight?: Relight | undefined;
  /** Passes with dropout, averaged. */
  dropout?: Dropout | undefined;
  /** What is switched off in the network. */
  silence?: Silence | undefined;
}

/** What was learned of one picture. */
export interface Classified extends Said {
  picture: Omit<Picture, 'pixels'>;
}

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
  /** Another model of the bucket, by its name; undefined where there is none. */
  storedModel: (name: string) => Promise<StoredModel | undefined>;
  budget: Budget;
  log: RequestLog;
}

export class Classifier {
  readonly model: ModelHandle;
  readonly limits: ImageLimits;
  readonly budget: Budget;
  readonly log: RequestLog;
  readonly #parts: ClassifierParts;
  #cold: boolean | undefined;
  #heads: ServedHead[] = [];
  #ensemble: Ensemble | undefined;

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

  /**
   * From now on this request asks an ensemble: the model by its own name, heads, and another model of the bucket.
   * Throws ServiceError: not-found, head-backbone, bad-parameter for members that do not go together, too-much-memory,
   * those of the catalog and of the models' loading.
   */
  async useEnsemble(names: readonly string[]): Promise<void> {
    this.#ensemble = await gatherEnsemble(names, await this.#describeBackbone(), {
      findHead: this.#parts.findHead,
      storedModel: this.#parts.storedModel,
      load: () => this.load(),
      lend: (bytes) => this.budget.lend(bytes),
    });
  }

  /** Whether a head of this name is published. Throws ServiceError: those of the catalog. */
  async hasHead(name: string): Promise<boolean> {
    return (await this.#parts.findHead(name)) !== undefined;
  }

  /** Names of all published heads. */
  headNames(): Promise<string[]> {
    return this.#parts.headNames();
  }

  /** Whether heads are asked, or other models. */
  get usesHeads(): boolean {
    return this.#heads.length > 0 || this.#ensemble !== undefined;
  }

  /** What the model, or the first head that was asked for, says of itself. Throws ServiceError: those of the model's loading. */
  async describe(): Promise<ModelInfo> {
    const model = await this.#describeBackbone();
    const [member] = this.#ensemble?.members ?? [];
    const [first] = this.#heads;
    return member ?? (first ? headModel(model, first) : model);
  }

  /** What the model says of itself. Throws ServiceError: those of the model's loading. */
  #describeBackbone(): Promise<ModelInfo> {
    return this.#timed('loadMs', () => {
      this.#cold ??= !this.model.warm;
      return this.model.describe();
    });
  }

  /** The same, once what is to be switched off was found in it. */
  async #describeFor({ silence }: ReadOptions): Promise<ModelInfo> {
    const model = await this.describe();
    if (silence) silencedChannels(silence, model);
    return model;
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
  async predict(
    pixels: Iterable<Uint8Array>,
    count: number,
    observe?: Observer,
    without?: Without,
  ): Promise<Prediction[]> {
    this.budget.charge(count * PASS_MS, `classifying ${count} pictures`);
    return this.#pass(pixels, PASS_MS, (engine, some) => engine.run(some, observe, without));
  }

  /** Runs something over pictures, some at a time, for which the request was charged. @param ms of each */
  async #pass<T>(
    pixels: Iterable<Uint8Array>,
    ms: number,
    run: (engine: Engine, pixels: Uint8Array[]) => T[],
    of = this.model,
  ): Promise<T[]> {
    const engine = await (of === this.model ? this.load() : this.#timed('loadMs', () => of.load()));
    this.log.model = `${engine.info.name}@${engine.info.sha256.slice(0, 12)}`;
    this.log.start = this.#cold ? 'cold' : 'warm';
    const results: T[] = [];
    for (const some of inGroups(pixels, runPictures(ms))) {
      await this.budget.turn(some.length * ms);
      await this.#timed('inferenceMs', async () => {
        results.push(...this.#guarded(() => run(engine, some), of));
      });
      if (!Array.isArray(pixels)) some.forEach(release);
    }
    return results;
  }

  /** Classifies one picture. Throws ServiceError: those of decode and predict. */
  async classify(source: ImageSource, options: ReadOptions): Promise<Classified & { model: ModelInfo }> {
    const model = await this.#describeFor(options).catch(async (error: unknown) => {
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
    const model = await this.#describeFor(options);
    const results = await inRuns(
      sources,
      (source) => this.#read(source, options, model),
      workOf(options),
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
      PASS_MS,
      async (pictures) => {
        const pixels = pictures.map((picture) => picture.pixels);
        this.budget.charge(pixels.length * PASS_MS, `reading ${pixels.length} pictures`);
        const activations = await this.#pass(pixels, PASS_MS, (engine, some) =>
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
  async classifyPixels(pixels: (model: ModelInfo) => Uint8Array[]): Promise<Batch<Said>> {
    const model = await this.describe();
    const pictures = pixels(model);
    const results = await scorePixels(pictures, model, this.#scoring);
    pictures.forEach(release);
    return { model, results };
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
    options: ReadOptions,
    model: ModelInfo,
  ): Promise<Classified[]> {
    const scores = await scorePictures(pictures, options, model, this.#scoring);
    return pictures.map(({ pixels: _, permit, ...picture }, i) => {
      permit.leave();
      const own = scores[i];
      if (!own) throw new ServiceError('internal', 'expected one prediction for each picture');
      return { picture, ...own };
    });
  }

  /** What the request asks, and how it runs a pass. */
  get #scoring(): Scoring {
    return {
      heads: this.#heads,
      ensemble: this.#ensemble,
      budget: this.budget,
      own: this.model,
      pass: (...parameters) => this.#pass(...parameters),
    };
  }

  /** A trap throws the engine away. */
  #guarded<T>(run: () => T, of: ModelHandle): T {
    try {
      return run();
    } catch (cause) {
      of.drop();
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
