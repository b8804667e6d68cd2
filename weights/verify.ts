// Compares a packed model with its float source, photo by photo: classes, probabilities, and every layer's output.
import type { Engine } from '../src/engine/engine.ts';
import type { Network } from '../src/network/layer.ts';
import { FloatForward } from './float-forward.ts';
import type { FloatModel } from './float-model.ts';
import { OperatorError } from './operator-error.ts';
import { loadPhoto } from './photos.ts';

export interface LayerAgreement {
  layer: string;
  /** Cosine of the outputs, over the photos. */
  mean: number;
  worst: number;
}

export interface Verification {
  photos: number;
  /** Share of photos with the same most probable class. */
  agreement: number;
  /** Largest difference of a probability on a photo: its mean over the photos, and the worst photo's. */
  meanDifference: number;
  worstDifference: number;
  layers: LayerAgreement[];
}

/** Throws OperatorError where the two are not the same network. */
export async function verify(
  engine: Engine,
  source: FloatModel,
  photos: string[],
  progress: (done: number, total: number) => void,
): Promise<Verification> {
  const { network, preprocess } = engine.info;
  if (layersOf(network) !== layersOf(source.network))
    throw new OperatorError(
      'network: expected the same layers in the packed model and its source, found others',
    );
  const float = await FloatForward.load(source);
  const cosines = new Map<string, number[]>(network.layers.map(({ name }) => [name, []]));
  const differences: number[] = [];
  let same = 0;
  for (const [index, photo] of photos.entries()) {
    const picture = await loadPhoto(photo, preprocess);
    const wanted = float.run(picture);
    const [found] = engine.run([picture], ({ layer, output }, _, read) => {
      const expected = wanted[network.layers.findIndex(({ name }) => name === layer.name)];
      if (expected) cosines.get(layer.name)?.push(cosine(expected, read(), output.channels));
    });
    const probabilities = wanted.at(-1);
    if (!found || !probabilities) throw new OperatorError(`${photo}: expected probabilities, found none`);
    differences.push(
      found.probabilities.reduce(
        (worst, value, i) => Math.max(worst, Math.abs(value - (probabilities[i] as number))),
        0,
      ),
    );
    if (argmax(found.probabilities) === argmax(probabilities)) same++;
    progress(index + 1, photos.length);
  }
  return {
    photos: photos.length,
    agreement: same / photos.length,
    meanDifference: mean(differences),
    worstDifference: Math.max(...differences),
    layers: [...cosines].map(([layer, values]) => ({
      layer,
      mean: mean(values),
      worst: Math.min(...values),
    })),
  };
}

/** The layers as text, however their weights are stored. */
function layersOf(network: Network): string {
  return JSON.stringify(network, (key, value) => (key === 'bits' ? undefined : value));
}

/** Cosine of a C,H,W and an H,W,C activation; 1 where both are zero. */
function cosine(chw: Float32Array, hwc: Float32Array, channels: number): number {
  const plane = chw.length / channels;
  let dot = 0;
  let left = 0;
  let right = 0;
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < plane; i++) {
      const a = chw[c * plane + i] as number;
      const b = hwc[i * channels + c] as number;
      dot += a * b;
      left += a * a;
      right += b * b;
    }
  return left === 0 && right === 0 ? 1 : dot / Math.sqrt(left * right);
}

function argmax(values: Float32Array): number {
  return values.indexOf(values.reduce((best, value) => Math.max(best, value), -Infinity));
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
