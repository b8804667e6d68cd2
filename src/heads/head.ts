// A head: a linear classifier of a user's own classes on a dense layer of the backbone, and what it says of one photo.
import type { Known } from '../network/known.ts';
import { exp } from './exact-math.ts';
import { knownP } from './known.ts';
import { inverseLength, linear } from './linear.ts';

export const HEAD_NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

export interface HeadFacts {
  name: string;
  /** The model whose activations it reads; another one is refused. */
  backbone: { name: string; sha256: string };
  /** A dense layer, such as fc6. */
  layer: string;
  inputs: number;
  labels: string[];
  /** logits = scores / temperature. */
  temperature: number;
  lambda: number;
  /** Whether mirrored photos were examples, too. */
  mirrored: boolean;
  /** Photos of each class. */
  photos: number[];
  /** Photos of other things. */
  strangers: number;
  /** Photos that were classified right when left out. */
  correct: number;
}

export interface Head {
  facts: HeadFacts;
  /** i8 [classes][inputs]; a class's row times its scale. */
  weight: Int8Array;
  scale: Float32Array;
  bias: Float32Array;
  known: Known;
}

export interface HeadPrediction {
  logits: Float32Array;
  probabilities: Float32Array;
  /** p-value of being like the photos that it was trained on. */
  known: number;
}

/** @param x f32 [inputs], the activations of the head's layer */
export function predict({ facts, weight, scale, bias, known }: Head, x: Float32Array): HeadPrediction {
  const inverse = inverseLength(x);
  const logits = Float32Array.from(
    facts.labels,
    (_, c) => linear(weight, c, x, inverse, scale[c] as number, bias[c] as number) / facts.temperature,
  );
  return { logits, probabilities: softmax(logits), known: knownP(known, x, logits) };
}

/** f32, summing to 1. */
export function softmax(logits: Float32Array): Float32Array {
  let max = Number.NEGATIVE_INFINITY;
  for (const value of logits) max = Math.max(max, value);
  const powers = Array.from(logits, (value) => exp(value - max));
  let sum = 0;
  for (const power of powers) sum += power;
  return Float32Array.from(powers, (power) => power / sum);
}
