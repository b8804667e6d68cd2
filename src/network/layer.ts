// The network as data: the layer list that a model file carries, which the packer writes and the engine
// runs. Nothing here knows a particular network. Standard meanings (Krizhevsky et al. 2012, section 3):
//   conv     cross-correlation, square kernel, zero padding, grouped input and output channels
//   lrn      y = x * (k + alpha / size * sum of x^2 over `size` neighbouring channels) ^ -beta
//   maxpool  square window; `ceil` rounds the output size up (Caffe) instead of down
//   dense    y = W x + b over the flattened input
//   softmax  over all inputs

export interface ConvLayer {
  type: 'conv';
  name: string;
  kernel: number;
  stride: number;
  pad: number;
  groups: number;
  /** Output channels, all groups together. */
  out: number;
  relu: boolean;
  /**
   * The packed layer has a map, f32 [height][width][out], that is subtracted before ReLU: what it makes of the mean
   * image. Only the first layer has one.
   */
  meanMap?: true;
}

export interface LrnLayer {
  type: 'lrn';
  name: string;
  size: number;
  alpha: number;
  beta: number;
  k: number;
}

export interface MaxpoolLayer {
  type: 'maxpool';
  name: string;
  kernel: number;
  stride: number;
  ceil: boolean;
}

export interface DenseLayer {
  type: 'dense';
  name: string;
  out: number;
  relu: boolean;
  /** Bits of a packed weight where they are not 8: indices into a codebook of 16. The network is the same. */
  bits?: 4;
}

export interface SoftmaxLayer {
  type: 'softmax';
  name: string;
}

export type Layer = ConvLayer | LrnLayer | MaxpoolLayer | DenseLayer | SoftmaxLayer;

export interface Network {
  /** Input picture: size x size pixels of three channels, RGB, 0..255. */
  input: { size: number; channels: 3 };
  layers: Layer[];
}

/** Height, width and channels of an activation tensor (layout NHWC, n = 1). */
export interface Shape {
  height: number;
  width: number;
  channels: number;
}
