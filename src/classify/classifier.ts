// The use case: the bytes of pictures in, their classes out. One object a request: the model, the decoder, what the
// request may take (its budget) and what it did (its log). Knows no HTTP and no R2: routes and RPC make one and call
// it; it calls image, engine and model. Pictures are decoded while a cold isolate still loads its weights.
import type { Engine, Observer, Prediction } from '../engine/engine.ts';
import { ServiceError } from '../errors.ts';
import type { ServedHead } from '../heads/catalog.ts';
import { checkBackbone } from '../heads/file.ts';
import { knownP } from '../heads/known.ts';
import type { ImageDecoder } from '../image/decoder.ts';
import type { DecodeOptions, ImageLimits, Picture } from '../image/picture.ts';
import { release } from '../image/pixels.ts';
import type { Budget } from '../isolate/budget.ts';
import type { Upload } from '../isolate/upload.ts';
import type { ModelInfo } from '../network/model-info.ts';
import { type HeadResult, headLayers, headModel, scoreHeads } from './heads.ts';
import type { RequestLog } from './request-log.ts';
import { averagePredictions, tenCrops } from './ten-crop.ts';

/** The model as one request reaches it. */
export interface ModelHandle {
  /** What the model says of itself, as soon as its header has arrived. */
  describe(): Promise<ModelInfo>;
  load(): Promise<Engine>;
  /** Throws the engine away after a trap; the next load starts anew. */
  drop(): void;
  /** Whether the model is in memory already. */
  readonly warm: boolean;
  /** How often this isolate has opened the model's object. */
  readonly reads: number;
}

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

type Scores = Omit<Classified, 'picture'>;

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
  /** Length that the client announced, where it did. */
  announcedBytes?: number | undefined;
}

/** One forward pass, ms of one core of the slower kind. */
const PASS_MS = 16;
/** Pictures of one run: the dense layers read their weights once for all, and no other request gets a turn. */
const RUN_PICTURES = 4;
/**
 * Work that the bytes of a list of pictures have not paid for, and what each of them pays: a form of 2 kB must not
 * cost a tenth of a second.
 */
const FREE_LIST_MS = 64;
const MS_PER_BYTE = 0.016;

/** Where the model can say it: its calibration reads what the last dense layer reads. */
function knownOf({ embedding, logits }: Prediction, { known }: ModelInfo): number | undefined {
  if (!known) return undefined;
  const fits = !known.detector || known.detector.weight.length === embedding.length;
  return fits ? knownP(known, embedding, logits) : undefined;
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
    const { decoder, limits, images, budget, announcedBytes } = this.#parts;
    const picture = await this.#timed('decodeMs', () =>
      decoder.decode(source, {
        ...options,
        limits,
        images,
        budget,
        announcedBytes: source instanceof Uint8Array ? source.byteLength : announcedBytes,
      }),
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
   * @param pixels u8 RGB [size][size][3] each, of the network's size
   * Throws ServiceError: those of the model's loading, engine-trap, too-much-work.
   */
  async predict(pixels: readonly Uint8Array[], observe?: Observer): Promise<Prediction[]> {
    return this.#pass(pixels, (engine, some) => engine.run(some, observe));
  }

  /** Runs something over pictures, some at a time, and is charged for it. */
  async #pass<T>(
    pixels: readonly Uint8Array[],
    run: (engine: Engine, pixels: Uint8Array[]) => T[],
  ): Promise<T[]> {
    this.budget.charge(pixels.length * PASS_MS, `classifying ${pixels.length} pictures`);
    const engine = await this.load();
    this.log.model = `${engine.info.name}@${engine.info.sha256.slice(0, 12)}`;
    this.log.start = this.#cold ? 'cold' : 'warm';
    const results: T[] = [];
    for (let from = 0; from < pixels.length; from += RUN_PICTURES) {
      const some = pixels.slice(from, from + RUN_PICTURES);
      await this.budget.turn(some.length * PASS_MS);
      await this.#timed('inferenceMs', async () => {
        results.push(...this.#guarded(() => run(engine, some)));
      });
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
    const [scores] = await this.#predictAll([picture], options, model);
    if (!scores) throw new ServiceError('internal', 'expected one prediction for each picture');
    return { ...this.#classified(picture, scores), model };
  }

  /**
   * Classifies each source; one that cannot be read has its error in its place.
   * Throws ServiceError: those of the model's loading, engine-trap, too-much-work, and whatever `sources` throws.
   */
  async classifyAll(
    sources: AsyncIterable<ImageSource> | Iterable<ImageSource>,
    options: ReadOptions,
  ): Promise<Batch> {
    const model = await this.describe();
    const read: (Picture | ServiceError)[] = [];
    for await (const source of sources)
      read.push(
        await this.#read(source, options, model).catch((error: unknown) => {
          // Of the whole request, not of one picture.
          if (error instanceof ServiceError && !['too-much-work', 'too-slow'].includes(error.code))
            return error;
          throw error;
        }),
      );
    const pictures = read.filter((picture): picture is Picture => !(picture instanceof ServiceError));
    this.#requirePaid(pictures, options);
    const predictions = await this.#predictAll(pictures, options, model);
    const results = read.map((picture): Classified | ServiceError => {
      if (picture instanceof ServiceError) return picture;
      const scores = predictions.shift();
      if (!scores) throw new ServiceError('internal', 'expected one prediction for each picture');
      return this.#classified(picture, scores);
    });
    return { model, results };
  }

  /**
   * Classifies pictures that need no decoding.
   * @param pixels makes them for the model: u8 RGB [size][size][3] each
   * Throws ServiceError: those of predict, and whatever `pixels` throws.
   */
  async classifyPixels(pixels: (model: ModelInfo) => Uint8Array[]): Promise<Batch<Prediction>> {
    const model = await this.describe();
    const pictures = pixels(model);
    const scores = await this.#score(
      pictures.map((picture) => [picture]),
      model,
    );
    pictures.forEach(release);
    return { model, results: scores.map(({ prediction }) => prediction) };
  }

  /** Gives back everything that the request held. */
  finish(): void {
    this.budget.finish();
  }

  async #read(source: ImageSource, options: ReadOptions, { preprocess }: ModelInfo): Promise<Picture> {
    const area = options.crops === 10 ? 'square' : 'crop';
    const { exif, damaged } = options;
    const picture = await this.decode(source, { preprocess, exif, damaged, area });
    await this.budget.reserve(picture.pixels.byteLength);
    return picture;
  }

  /** Single crops of all pictures share their runs; ten crops are averaged picture by picture. */
  async #predictAll(pictures: Picture[], { crops }: ReadOptions, model: ModelInfo): Promise<Scores[]> {
    const scores: Scores[] = [];
    if (crops === 1)
      scores.push(
        ...(await this.#score(
          pictures.map(({ pixels }) => [pixels]),
          model,
        )),
      );
    else
      for (const { pixels, size } of pictures) {
        const ten = tenCrops(pixels, size, model.preprocess.crop);
        scores.push(...(await this.#score([ten], model)));
        ten.forEach(release);
      }
    for (const { pixels } of pictures) release(pixels);
    return scores;
  }

  /** The scores of pictures by the model or by the heads. @param pictures the crops of each, as many of every picture */
  async #score(pictures: readonly Uint8Array[][], model: ModelInfo): Promise<Scores[]> {
    const pixels = pictures.flat();
    const each = <T>(results: readonly T[]) =>
      pictures.map((crops, i) => results.slice(i * crops.length, (i + 1) * crops.length));
    const heads = this.#heads;
    if (heads.length === 0)
      return each(await this.predict(pixels)).map((predictions) => {
        const prediction = averagePredictions(predictions);
        return { prediction, known: knownOf(prediction, model) };
      });
    const layers = headLayers(heads);
    const activations = await this.#pass(pixels, (engine, some) => engine.activations(some, layers));
    return each(activations).map((crops): Scores => {
      const results = scoreHeads(heads, crops, model);
      const [first] = results;
      if (!first) throw new ServiceError('internal', 'expected a result of each head');
      return { prediction: first, known: first.known, heads: results };
    });
  }

  #classified({ pixels: _, ...picture }: Picture, scores: Scores): Classified {
    return { picture, ...scores };
  }

  #requirePaid(pictures: readonly Picture[], { crops }: ReadOptions): void {
    const bytes = pictures.reduce((sum, picture) => sum + picture.bytes, 0);
    const workMs = pictures.length * crops * PASS_MS;
    const paidMs = FREE_LIST_MS + bytes * MS_PER_BYTE;
    if (workMs > paidMs)
      throw new ServiceError(
        'too-much-work',
        `a list of pictures: expected work of at most ${FREE_LIST_MS} ms and ${MS_PER_BYTE} ms a byte, ` +
          `${pictures.length * crops} crops out of ${bytes} bytes take ${workMs} ms; send them one by one`,
        { members: { limit: { work_ms: Math.floor(paidMs) } } },
      );
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
