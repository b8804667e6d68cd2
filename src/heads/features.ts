// What training keeps of a photo: a layer's activations as unsigned 7 bits, so that dot products of two photos are
// exact integers. Their length does not count: everything that reads them divides by it.

import type { ModelInfo } from '../network/model-info.ts';

const LEVELS = 127;

/** A layer that a head may read: dense, and not the last. */
export interface FeatureLayer {
  name: string;
  outputs: number;
}

/** The dense layers before the last, in order. */
export function featureLayers({ network }: Pick<ModelInfo, 'network'>): FeatureLayer[] {
  return network.layers.flatMap((layer) =>
    layer.type === 'dense' && layer.relu ? [{ name: layer.name, outputs: layer.out }] : [],
  );
}

/** u7 of the same length: floor(x * 127 / max + 1/2); zeros for a photo without activations. @param x f32, x >= 0 */
export function quantizeFeatures(x: Float32Array): Uint8Array {
  let max = 0;
  for (const value of x) if (value > max) max = value;
  const features = new Uint8Array(x.length);
  if (max > 0)
    for (let i = 0; i < x.length; i++) features[i] = Math.floor(((x[i] as number) * LEVELS) / max + 0.5);
  return features;
}

/** u8 RGB [size][size][3], left and right exchanged. */
export function mirrored(pixels: Uint8Array, size: number): Uint8Array {
  const target = new Uint8Array(pixels.length);
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const from = (row * size + column) * 3;
      target.set(pixels.subarray(from, from + 3), (row * size + size - 1 - column) * 3);
    }
  return target;
}
