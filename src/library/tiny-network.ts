// A network that is small enough for every test, with all kinds of layers: pictures of 67 pixels, ten classes.
import type { Network } from '../network/layer.ts';

export const TINY_NETWORK: Network = {
  input: { size: 67, channels: 3 },
  layers: [
    { type: 'conv', name: 'conv1', kernel: 11, stride: 4, pad: 0, groups: 1, out: 16, relu: true },
    { type: 'lrn', name: 'norm1', size: 5, alpha: 1e-4, beta: 0.75, k: 2 },
    { type: 'maxpool', name: 'pool1', kernel: 3, stride: 2, ceil: false },
    { type: 'conv', name: 'conv2', kernel: 5, stride: 1, pad: 2, groups: 2, out: 32, relu: true },
    { type: 'maxpool', name: 'pool2', kernel: 3, stride: 2, ceil: false },
    { type: 'dense', name: 'fc6', out: 64, relu: true },
    { type: 'dense', name: 'fc7', out: 48, relu: true },
    { type: 'dense', name: 'fc8', out: 10, relu: false },
    { type: 'softmax', name: 'prob' },
  ],
};
