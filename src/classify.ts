// The use case: the bytes of a picture in, its classes out. Knows no HTTP and no R2: routes call it, it calls image,
// engine and model. The picture is decoded while a cold isolate still loads its weights.
import type { Engine, Prediction } from './engine/engine.ts';
import { topK } from './engine/top-k.ts';
import { ServiceError } from './errors.ts';
import type { ImageDecoder } from './image/decoder.ts';
import type { DecodeOptions, Picture } from './image/picture.ts';
import type { ModelInfo } from './network/model-info.ts';

/** Where the model comes from: bound to one request by the route. */
export interface ModelSupply {
  describe(): Promise<ModelInfo>;
  load(): Promise<Engine>;
  /** Throws the engine away after a trap; the next load starts anew. */
  drop(): void;
  /** Whether the model is in memory already. */
  readonly warm: boolean;
}

export interface ClassifyOptions {
  /** Number of predictions; 0 = all classes. */
  topK: number;
  /** Predictions below this score are left out. */
  minScore: number;
  exif: 'apply' | 'ignore';
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

export interface Classification {
  model: ModelInfo;
  picture: Picture;
  predictions: ScoredLabel[];
  prediction: Prediction;
  timings: Timings;
  cold: boolean;
}

/** The best classes of one prediction, as the options ask. */
export function scoredLabels(
  prediction: Prediction,
  model: ModelInfo,
  { topK: k, minScore }: Pick<ClassifyOptions, 'topK' | 'minScore'>,
): ScoredLabel[] {
  return topK(prediction.probabilities, k)
    .map((index) => {
      const { synset, words } = model.labels[index] ?? { words: String(index) };
      const score = prediction.probabilities[index] ?? 0;
      return { index, ...(synset === undefined ? {} : { synset }), label: words, score };
    })
    .filter(({ score }) => score >= minScore);
}

/** Runs the engine; a trap throws the engine away and becomes one failed request. */
export function runEngine(supply: ModelSupply, engine: Engine, pixels: Uint8Array[]): Prediction[] {
  try {
    return engine.run(pixels);
  } catch (cause) {
    supply.drop();
    throw new ServiceError('engine-trap', 'the computation trapped; the next request gets a fresh engine', {
      cause,
    });
  }
}

/**
 * @param source the image file's bytes, whole or as they arrive
 * Throws ServiceError: those of the decoder, of the model's loading, and engine-trap.
 */
export async function classify(
  source: ReadableStream<Uint8Array> | Uint8Array,
  options: ClassifyOptions,
  image: { decoder: ImageDecoder } & Pick<DecodeOptions, 'limits' | 'images'>,
  supply: ModelSupply,
): Promise<Classification> {
  const cold = !supply.warm;
  const started = Date.now();
  const model = await supply.describe();
  const described = Date.now();
  const { decoder, ...rest } = image;
  const picture = await decoder.decode(source, {
    ...rest,
    preprocess: model.preprocess,
    exif: options.exif,
    area: 'crop',
  });
  const decoded = Date.now();
  const engine = await supply.load();
  const loaded = Date.now();
  const [prediction] = runEngine(supply, engine, [picture.pixels]);
  if (!prediction) throw new ServiceError('internal', 'expected one prediction, got none');
  return {
    model: engine.info,
    picture,
    predictions: scoredLabels(prediction, engine.info, options),
    prediction,
    timings: {
      decodeMs: decoded - described,
      loadMs: described - started + (loaded - decoded),
      inferenceMs: Date.now() - loaded,
    },
    cold,
  };
}
