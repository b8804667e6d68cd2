// The use case of looking inside: what the network sees of a picture, and what every layer makes of it. Each request
// computes anew; nothing of a picture is kept.
import type { Classifier, ImageSource } from '../classify/classifier.ts';
import type { Prediction } from '../engine/engine.ts';
import { badParameter, ServiceError } from '../errors.ts';
import type { Picture } from '../image/picture.ts';
import type { Shape } from '../network/layer.ts';
import type { ModelInfo } from '../network/model-info.ts';
import { elements, inferShapes } from '../network/shapes.ts';

/** Name of the stage before the first layer: the picture itself. */
export const INPUT = 'input';

export interface FitOptions {
  exif: 'apply' | 'ignore';
  /** Of a lightly damaged file. */
  damaged: 'accept' | 'refuse';
  /** `resize`: as for classifying; `none`: the picture has the network's size already and is taken as it is. */
  fit: 'resize' | 'none';
}

export interface Stage {
  name: string;
  type: string;
  shape: Shape;
  /** Milliseconds; in production the clock stands still during computation, so it is 0 there. */
  timeMs: number;
  /** Share of values that are exactly 0. */
  zeros: number;
  min: number;
  max: number;
}

export interface Inspection {
  model: ModelInfo;
  stages: Stage[];
  prediction: Prediction;
  /** f32 [height][width][channels] of each stage that was asked for. */
  values: Map<string, Float32Array>;
}

/** The picture as the network reads it. Throws ServiceError: the decoder's, and bad-parameter for fit=none. */
export async function fitPicture(
  source: ImageSource,
  { exif, damaged, fit }: FitOptions,
  classifier: Classifier,
  { preprocess }: ModelInfo,
): Promise<Picture> {
  const { crop } = preprocess;
  const asIs = { ...preprocess, resize: 'warp', resizeTo: crop } as const;
  const picture = await classifier.decode(source, {
    preprocess: fit === 'none' ? asIs : preprocess,
    exif,
    damaged,
    area: 'crop',
  });
  if (fit === 'none' && (picture.width !== crop || picture.height !== crop))
    throw badParameter('fit', `a picture of ${crop} x ${crop} pixels`, {
      got: `${picture.width} x ${picture.height}`,
      subject: 'fit=none',
    });
  return picture;
}

/** Names of all stages, in order. */
export function stageNames({ network }: ModelInfo): string[] {
  return [INPUT, ...network.layers.map(({ name }) => name)];
}

/** Throws ServiceError bad-parameter for a layer that the model has not. */
export function checkStage(name: string, model: ModelInfo, parameter = 'layer'): void {
  const names = stageNames(model);
  if (!names.includes(name)) throw badParameter(parameter, names.join(', '), { got: name });
}

function stageOf(name: string, type: string, shape: Shape, values: ArrayLike<number>, timeMs: number): Stage {
  let zeros = 0;
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value === 0) zeros++;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { name, type, shape, timeMs, zeros: zeros / values.length, min, max };
}

/** Bytes of the values of these stages, f32: what a request that asks for them has to expect. */
export function valueBytes(names: ReadonlySet<string>, { network }: ModelInfo): number {
  const { size, channels } = network.input;
  const stages = inferShapes(network).filter(({ layer }) => names.has(layer.name));
  const values = stages.reduce((sum, { output }) => sum + elements(output), 0);
  return 4 * (values + (names.has(INPUT) ? size * size * channels : 0));
}

/**
 * Runs the network over u8 RGB [size][size][3] and looks at every layer's output; keeps the values of the stages in
 * `wanted`. Throws ServiceError: those of the model's loading, engine-trap.
 */
export async function inspect(
  pixels: Uint8Array,
  wanted: ReadonlySet<string>,
  classifier: Classifier,
): Promise<Inspection> {
  const engine = await classifier.load();
  const size = engine.inputSize;
  const shape = { height: size, width: size, channels: 3 };
  await classifier.budget.reserve(valueBytes(wanted, engine.info));
  const stages = [stageOf(INPUT, INPUT, shape, pixels, 0)];
  const values = new Map<string, Float32Array>();
  if (wanted.has(INPUT)) values.set(INPUT, Float32Array.from(pixels));
  let since = Date.now();
  const [prediction] = await classifier.predict([pixels], 1, ({ layer: { name, type }, output }, _, read) => {
    const timeMs = Date.now() - since;
    const found = read();
    stages.push(stageOf(name, type, output, found, timeMs));
    if (wanted.has(name)) values.set(name, found);
    since = Date.now();
  });
  if (!prediction) throw new ServiceError('internal', 'expected one prediction for each picture');
  return { model: engine.info, stages, prediction, values };
}
