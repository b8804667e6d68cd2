// Batch normalisation folded into the layer before it (Ioffe, Szegedy 2015, with the running statistics):
//   y = gamma (x - mean) / sqrt(variance + epsilon) + beta,  x = w p + b
// becomes  w' = s w,  b' = s (b - mean) + beta,  s = gamma / sqrt(variance + epsilon)  per output.
import type { FloatLayer, FloatTensor } from '../../float-model.ts';
import { OperatorError } from '../../operator-error.ts';

export interface BatchNorm {
  gamma: FloatTensor;
  beta: FloatTensor;
  mean: FloatTensor;
  variance: FloatTensor;
}

/** Throws OperatorError when its statistics are not of the layer's outputs. */
export function foldBatchNorm(
  name: string,
  { weight, bias }: FloatLayer,
  norm: BatchNorm,
  epsilon: number,
): FloatLayer {
  for (const [part, { shape }] of Object.entries(norm))
    if (shape.join() !== bias.shape.join())
      throw new OperatorError(`${name}.${part}: expected ${bias.shape} values, found ${shape.join('x')}`);
  const scales = async (): Promise<Float32Array> => {
    const variance = await norm.variance.read();
    const gamma = await norm.gamma.read();
    return gamma.map((value, i) => value / Math.sqrt((variance[i] as number) + epsilon));
  };
  return {
    weight: {
      shape: weight.shape,
      read: async () => {
        const values = await weight.read();
        const scale = await scales();
        const row = values.length / scale.length;
        for (let i = 0; i < values.length; i++)
          values[i] = (values[i] as number) * (scale[Math.floor(i / row)] as number);
        return values;
      },
    },
    bias: {
      shape: bias.shape,
      read: async () => {
        const values = await bias.read();
        const [scale, mean, beta] = [await scales(), await norm.mean.read(), await norm.beta.read()];
        return values.map(
          (value, i) => (scale[i] as number) * (value - (mean[i] as number)) + (beta[i] as number),
        );
      },
    },
  };
}
