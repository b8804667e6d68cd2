// Keras files by the HDF5 library itself (h5wasm): groups, attributes and descriptions as Keras 2 and 3 write them.
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as h5 from 'h5wasm/node';
import type { Part } from '../../../tools/fixtures/encode-protobuf.ts';
import type { TrainedModel } from '../../../tools/fixtures/trained-model.ts';
import { transposed } from './transposed.ts';
import { encodeZip } from './zip.ts';

await h5.ready;

export interface Norm {
  gamma: Float32Array;
  beta: Float32Array;
  moving_mean: Float32Array;
  moving_variance: Float32Array;
}

export interface KerasOptions {
  /** Whole model of Keras 2, its weights alone, a Keras 3 archive, its weights alone. */
  form: 'h5' | 'h5-weights' | 'keras' | 'weights.h5';
  /** Statistics after each convolution, before its ReLU. */
  norms?: Map<string, Norm>;
  /** Pixels in the graph: x * scale + offset. */
  rescaling?: { scale: number; offset: number };
  /** A layer in front of the first pool that Keras cannot describe. */
  lambda?: boolean;
  gzip?: boolean;
  dtype?: '<f' | '<d';
}

interface Variable {
  name: string;
  shape: number[];
  values: Float32Array;
}

interface Described {
  /** Own name, which Keras numbers by class. */
  name: string;
  type: string;
  config: Record<string, unknown>;
  variables: Variable[];
}

/** The layers in order, with their weights in Keras' layouts. */
function described(model: TrainedModel, { norms, rescaling, lambda }: KerasOptions): Described[] {
  const layers: Described[] = [];
  const counts = new Map<string, number>();
  const add = (type: string, config: Record<string, unknown>, variables: Variable[] = []) => {
    const base = type.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    const name = count === 0 ? base : `${base}_${count}`;
    layers.push({ name, type, config: { name, ...config }, variables });
  };
  const { size } = model.network.input;
  add('InputLayer', { batch_input_shape: [null, size, size, 3] });
  if (rescaling) add('Rescaling', rescaling);
  let flat = false;
  for (const layer of model.network.layers) {
    const found = model.layers.get(layer.name);
    if (layer.type === 'maxpool') {
      if (lambda && layer.name === 'pool1') add('Lambda', { function: ['4wEAAAA=', null, null] });
      add('MaxPooling2D', { pool_size: [3, 3], strides: [2, 2], padding: 'valid' });
    }
    if (layer.type === 'conv' && found) {
      const [out = 0, channels = 0, height = 0, width = 0] = found.shape;
      const norm = norms?.get(layer.name);
      add(
        'Conv2D',
        {
          filters: out,
          kernel_size: [height, width],
          strides: [layer.stride, layer.stride],
          padding: layer.pad > 0 ? 'same' : 'valid',
          data_format: 'channels_last',
          groups: layer.groups,
          dilation_rate: [1, 1],
          activation: norm ? 'linear' : 'relu',
        },
        [
          {
            name: 'kernel',
            shape: [height, width, channels, out],
            values: transposed(found.weight, found.shape, [2, 3, 1, 0]),
          },
          { name: 'bias', shape: [out], values: found.bias },
        ],
      );
      if (norm) {
        add('BatchNormalization', { axis: [3], epsilon: 0.002 }, [
          ...Object.entries(norm).map(([name, values]) => ({ name, shape: [out], values })),
        ]);
        add('Activation', { activation: 'relu' });
      }
    }
    if (layer.type === 'dense' && found) {
      if (!flat) add('Flatten', { data_format: 'channels_last' });
      const [out = 0, inputs = 0] = found.shape;
      const values = flat
        ? transposed(found.weight, [out, inputs], [1, 0])
        : transposed(found.weight, [out, inputs / 36, 6, 6], [2, 3, 1, 0]);
      flat = true;
      add('Dense', { units: out, activation: layer.relu ? 'relu' : 'softmax' }, [
        { name: 'kernel', shape: [inputs, out], values },
        { name: 'bias', shape: [out], values: found.bias },
      ]);
      add('Dropout', { rate: 0.5 });
    }
  }
  return layers;
}

export function encodeKeras(model: TrainedModel, options: KerasOptions): Part {
  const layers = described(model, options);
  const config = JSON.stringify({
    class_name: 'Sequential',
    config: {
      name: 'alexnet',
      layers: layers.map(({ type, config: settings }) => ({ class_name: type, config: settings })),
    },
  });
  const place = path.join(tmpdir(), `encode-keras-${process.pid}-${Math.random().toString(36).slice(2)}.h5`);
  const file = new h5.File(place, 'w');
  try {
    if (options.form === 'h5' || options.form === 'h5-weights') writeKeras2(file, layers, config, options);
    else writeKeras3(file, layers, options);
    file.close();
    const weights = new Uint8Array(readFileSync(place));
    if (options.form !== 'keras') return weights;
    const text = new TextEncoder().encode(config);
    return encodeZip([
      {
        name: 'metadata.json',
        data: new TextEncoder().encode('{"keras_version":"3.4.1"}'),
        method: 0,
        size: 25,
      },
      { name: 'config.json', data: text, method: 0, size: text.length },
      { name: 'model.weights.h5', data: weights, method: 0, size: weights.length },
    ]);
  } finally {
    rmSync(place, { force: true });
  }
}

function write(group: h5.Group, name: string, { shape, values }: Variable, options: KerasOptions): void {
  group.create_dataset({
    name,
    data: options.dtype === '<d' ? Float64Array.from(values) : values,
    shape,
    dtype: options.dtype ?? '<f',
    ...(options.gzip ? { chunks: shape, compression: 'gzip' as const, compression_opts: [4] } : {}),
  });
}

function writeKeras2(file: h5.File, layers: Described[], config: string, options: KerasOptions): void {
  file.create_attribute('keras_version', '2.11.0');
  file.create_attribute('backend', 'tensorflow');
  if (options.form === 'h5') file.create_attribute('model_config', config);
  const root = options.form === 'h5' ? file.create_group('model_weights') : file;
  root.create_attribute(
    'layer_names',
    layers.map(({ name }) => name),
  );
  for (const { name, variables } of layers) {
    const group = root.create_group(name);
    if (variables.length === 0) continue;
    group.create_attribute(
      'weight_names',
      variables.map((variable) => `${name}/${variable.name}:0`),
    );
    const inner = group.create_group(name);
    for (const variable of variables) write(inner, `${variable.name}:0`, variable, options);
  }
  if (options.form === 'h5')
    write(
      file.create_group('optimizer_weights'),
      'iteration:0',
      { name: '', shape: [1], values: new Float32Array(1) },
      options,
    );
}

function writeKeras3(file: h5.File, layers: Described[], options: KerasOptions): void {
  const root = file.create_group('layers');
  for (const { name, variables } of layers) {
    const vars = root.create_group(name).create_group('vars');
    variables.forEach((variable, index) => {
      write(vars, String(index), variable, options);
    });
  }
  file.create_group('vars');
  file.create_group('optimizer').create_group('vars');
}
