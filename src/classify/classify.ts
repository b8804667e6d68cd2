// The use case: the bytes of pictures in, their classes out. Knows no HTTP and no R2: routes call it, it calls
// image, engine and model. Pictures are decoded while a cold isolate still loads its weights.
import type { Engine, Observer, Prediction } from '../engine/engine.ts';
import { topK } from '../engine/top-k.ts';
import { ServiceError } from '../errors.ts';
import type { ImageDecoder } from '../image/decoder.ts';
import type { DecodeOptions, Picture } from '../image/picture.ts';
import { release } from '../image/pixels.ts';
import type { ModelInfo } from '../network/model-info.ts';
import { averagePredictions, tenCrops } from './ten-crop.ts';

/** Where the model comes from: bound to one request by the route. */
export interface ModelSupply {
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
export type ImageSource = ReadableStream<Uint8Array> | Uint8Array;

export type ImageReader = { decoder: ImageDecoder } & Pick<
  DecodeOptions,
  'limits' | 'images' | 'large' | 'hold'
>;

export interface ReadOptions {
  exif: 'apply' | 'ignore';
  /** 1: the centre crop; 10: corners and centre, mirrored too, averaged. */
  crops: 1 | 10;
}

export interface RankOptions {
  /** Number of predictions; 0 = all classes. */
  topK: number;
  /** Predictions below this score are left out. */
  minScore: number;
}

export interface ScoredLabel {
  index: number;
  synset?: string;
  label: string;
  score: number;
}

export interface Timings {
  /** Milliseconds; in production the clock stands still during computation, so only waiting counts there. */
  decodeMs: number;
  loadMs: number;
  inferenceMs: number;
}

/** What was learned of one picture. */
export interface Classified {
  picture: Omit<Picture, 'pixels'>;
  prediction: Prediction;
}

export interface Batch<Result = Classified | ServiceError> {
  model: ModelInfo;
  /** One for each source, in order. */
  results: Result[];
  timings: Timings;
  cold: boolean;
}

/**
 * The best classes, highest score first, ties by lower index.
 * @param scores f32, one per class
 */
export function rankLabels(scores: Float32Array, model: ModelInfo, options: RankOptions): ScoredLabel[] {
  return topK(scores, options.topK)
    .map((index) => {
      const { synset, words } = model.labels[index] ?? { words: String(index) };
      return { index, ...(synset === undefined ? {} : { synset }), label: words, score: scores[index] ?? 0 };
    })
    .filter(({ score }) => score >= options.minScore);
}

/**
 * Runs the engine over u8 RGB pictures of the network's size; a trap throws the engine away and becomes one failed
 * request. Throws ServiceError engine-trap.
 */
export function runEngine(
  supply: ModelSupply,
  engine: Engine,
  pixels: Uint8Array[],
  observe?: Observer,
): Prediction[] {
  try {
    return engine.run(pixels, observe);
  } catch (cause) {
    supply.drop();
    throw new ServiceError('engine-trap', 'the computation trapped; the next request gets a fresh engine', {
      cause,
    });
  }
}

async function readPicture(
  source: ImageSource,
  options: ReadOptions,
  { decoder, ...rest }: ImageReader,
  { preprocess }: ModelInfo,
): Promise<Picture | ServiceError> {
  try {
    const area = options.crops === 10 ? 'square' : 'crop';
    return await decoder.decode(source, { ...rest, preprocess, exif: options.exif, area });
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
}

/** Single crops of all pictures share one run, so that the dense layers read their weights once. */
async function predictAll(pictures: Picture[], options: ReadOptions, engine: Engine, supply: ModelSupply) {
  if (options.crops === 1)
    return runEngine(
      supply,
      engine,
      pictures.map(({ pixels }) => pixels),
    );
  const { crop } = engine.info.preprocess;
  const predictions: Prediction[] = [];
  for (const { pixels, size } of pictures) {
    // Ten passes are long: other requests get their turn after each picture.
    if (predictions.length > 0) await scheduler.wait(0);
    const crops = tenCrops(pixels, size, crop);
    predictions.push(averagePredictions(runEngine(supply, engine, crops)));
    crops.forEach(release);
  }
  return predictions;
}

/**
 * Classifies each source; one that cannot be read has its error in its place.
 * Throws ServiceError: those of the model's loading, engine-trap, and whatever `sources` throws.
 */
export async function classifyAll(
  sources: AsyncIterable<ImageSource> | Iterable<ImageSource>,
  options: ReadOptions,
  image: ImageReader,
  supply: ModelSupply,
): Promise<Batch> {
  const cold = !supply.warm;
  const started = Date.now();
  const described = await supply.describe();
  const decoding = Date.now();
  const read: (Picture | ServiceError)[] = [];
  for await (const source of sources) read.push(await readPicture(source, options, image, described));
  const decoded = Date.now();
  const pictures = read.filter((picture): picture is Picture => !(picture instanceof ServiceError));
  const engine = await supply.load();
  const loaded = Date.now();
  const predictions = await predictAll(pictures, options, engine, supply);
  for (const { pixels } of pictures) release(pixels);
  const results = read.map((picture): Classified | ServiceError => {
    if (picture instanceof ServiceError) return picture;
    const prediction = predictions.shift();
    if (!prediction) throw new ServiceError('internal', 'expected one prediction for each picture');
    const { pixels: _, ...facts } = picture;
    return { picture: facts, prediction };
  });
  return {
    model: engine.info,
    results,
    timings: {
      decodeMs: decoded - decoding,
      loadMs: decoding - started + (loaded - decoded),
      inferenceMs: Date.now() - loaded,
    },
    cold,
  };
}

/**
 * Runs pictures that need no decoding.
 * @param pixels makes them for the model: u8 RGB [size][size][3] each
 * Throws ServiceError: those of the model's loading, engine-trap, and whatever `pixels` throws.
 */
export async function classifyPixels(
  pixels: (model: ModelInfo) => Uint8Array[],
  supply: ModelSupply,
): Promise<Omit<Batch, 'results'> & { predictions: Prediction[] }> {
  const cold = !supply.warm;
  const started = Date.now();
  const engine = await supply.load();
  const loaded = Date.now();
  const pictures = pixels(engine.info);
  const predictions = runEngine(supply, engine, pictures);
  pictures.forEach(release);
  return {
    model: engine.info,
    predictions,
    timings: { decodeMs: 0, loadMs: loaded - started, inferenceMs: Date.now() - loaded },
    cold,
  };
}

/** Classifies one image. Throws ServiceError: those of the decoder and those of classifyAll. */
export async function classify(
  source: ImageSource,
  options: ReadOptions,
  image: ImageReader,
  supply: ModelSupply,
): Promise<Batch<Classified> & { result: Classified }> {
  const { results, ...batch } = await classifyAll([source], options, image, supply).catch(async (error) => {
    // The model failed before the decoder took the stream: nobody else would end it.
    if (source instanceof ReadableStream && !source.locked) await source.cancel(error);
    throw error;
  });
  const [result] = results;
  if (result instanceof ServiceError) throw result;
  if (!result) throw new ServiceError('internal', 'expected one result');
  return { ...batch, results: [result], result };
}
