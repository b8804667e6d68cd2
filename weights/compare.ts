// One picture through the float network and through the packed one: how far apart they are.
import type { Engine } from '../src/engine/engine.ts';
import type { FloatForward } from './float-forward.ts';
import { OperatorError } from './operator-error.ts';
import { loadPhoto } from './photos.ts';

export interface Compared {
  /** Cosine of the outputs of each layer, in the network's order. */
  cosines: number[];
  /** Largest difference of a probability. */
  difference: number;
  /** The most probable classes, best first, at most five. */
  float: number[];
  packed: number[];
}

/** @param picture u8 RGB [crop][crop][3] */
export async function comparePicture(
  engine: Engine,
  float: FloatForward,
  picture: Uint8Array,
): Promise<Compared> {
  const wanted = await float.run(picture);
  const cosines: number[] = [];
  const { layers } = engine.info.network;
  const [found] = engine.run([picture], ({ layer, output }, _, read) => {
    const index = layers.findIndex(({ name }) => name === layer.name);
    const expected = wanted[index];
    if (expected) cosines[index] = cosine(expected, read(), output.channels);
  });
  const probabilities = wanted.at(-1);
  if (!found || !probabilities) throw new OperatorError('network: expected probabilities, found none');
  const difference = found.probabilities.reduce(
    (worst, value, i) => Math.max(worst, Math.abs(value - (probabilities[i] as number))),
    0,
  );
  return { cosines, difference, float: best(probabilities), packed: best(found.probabilities) };
}

/** Throws OperatorError for a file that is no photo. */
export async function comparePhoto(engine: Engine, float: FloatForward, photo: string): Promise<Compared> {
  return comparePicture(engine, float, await loadPhoto(photo, engine.info.preprocess));
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

function best(values: Float32Array): number[] {
  return [...values.keys()].sort((a, b) => (values[b] as number) - (values[a] as number)).slice(0, 5);
}
