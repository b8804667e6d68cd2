// Shape inference over a layer list: what each layer reads and writes, how many multiply-adds and
// parameters it has. Refuses a list that does not fit together, naming the layer.
import type { Layer, Network, Shape } from './layer.ts';

export interface LayerInfo {
  layer: Layer;
  input: Shape;
  output: Shape;
  /** Multiply-adds of one picture. */
  macs: number;
  /** Weights and biases. */
  parameters: number;
}

/** Thrown by `inferShapes`; the message names the layer, what was expected and what was found. */
export class NetworkError extends Error {
  override name = 'NetworkError';
}

export function elements(shape: Shape): number {
  return shape.height * shape.width * shape.channels;
}

/** Shapes of every layer, in order. Throws NetworkError for a list that does not fit together. */
export function inferShapes(network: Network): LayerInfo[] {
  let input: Shape = {
    height: network.input.size,
    width: network.input.size,
    channels: network.input.channels,
  };
  const names = new Set<string>();
  return network.layers.map((layer) => {
    if (names.has(layer.name)) throw new NetworkError(`layer ${layer.name}: the name occurs twice`);
    names.add(layer.name);
    const { output, macs, parameters } = inferLayer(layer, input);
    const row = { layer, input, output, macs, parameters };
    input = output;
    return row;
  });
}

function inferLayer(layer: Layer, input: Shape): { output: Shape; macs: number; parameters: number } {
  switch (layer.type) {
    case 'conv': {
      if (input.channels % layer.groups !== 0 || layer.out % layer.groups !== 0)
        throw new NetworkError(
          `layer ${layer.name}: expected input and output channels divisible by ${layer.groups} groups, ` +
            `got ${input.channels} and ${layer.out}`,
        );
      const output = {
        height: windowCount(layer.name, input.height + 2 * layer.pad, layer.kernel, layer.stride, false),
        width: windowCount(layer.name, input.width + 2 * layer.pad, layer.kernel, layer.stride, false),
        channels: layer.out,
      };
      const weights = layer.out * (input.channels / layer.groups) * layer.kernel * layer.kernel;
      return {
        output,
        macs: weights * output.height * output.width,
        parameters: weights + layer.out,
      };
    }
    case 'maxpool':
      return {
        output: {
          height: windowCount(layer.name, input.height, layer.kernel, layer.stride, layer.ceil),
          width: windowCount(layer.name, input.width, layer.kernel, layer.stride, layer.ceil),
          channels: input.channels,
        },
        macs: 0,
        parameters: 0,
      };
    case 'dense': {
      const weights = elements(input) * layer.out;
      return {
        output: { height: 1, width: 1, channels: layer.out },
        macs: weights,
        parameters: weights + layer.out,
      };
    }
    case 'lrn':
    case 'softmax':
      return { output: input, macs: 0, parameters: 0 };
  }
}

/** Number of window positions along one side. With `ceil`, a last window may reach past the border. */
function windowCount(name: string, size: number, kernel: number, stride: number, ceil: boolean): number {
  const steps = (size - kernel) / stride;
  if (!(steps >= 0))
    throw new NetworkError(`layer ${name}: expected an input of at least ${kernel}, got ${size}`);
  const count = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
  // Caffe's rule: the last window must start inside the input.
  return ceil && (count - 1) * stride >= size ? count - 1 : count;
}
