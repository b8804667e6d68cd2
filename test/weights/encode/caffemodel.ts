// Caffe NetParameter files, as Caffe wrote them: the older form with V1 layers and legacy dimensions, the newer
// with named types and shapes. Both with the data, dropout, split and accuracy layers of a training net.
import {
  bytes,
  concat,
  float,
  floats,
  message,
  number,
  type Part,
  text,
  varint,
} from '../../../tools/fixtures/encode-protobuf.ts';
import type { TrainedModel } from '../../../tools/fixtures/trained-model.ts';

export interface CaffeOptions {
  form: 'older' | 'newer';
  /** Bytes instead of a layer's own, by name: for damaged files. */
  replace?: Record<string, Part>;
  /** Further layer before the first dense one. */
  extraType?: string;
}

const V1_TYPES: Record<string, number> = {
  Accuracy: 1,
  Convolution: 4,
  Data: 5,
  Dropout: 6,
  InnerProduct: 14,
  LRN: 15,
  Pooling: 17,
  ReLU: 18,
  SoftmaxWithLoss: 21,
  Split: 22,
  Sigmoid: 19,
};
const PARAMS = {
  older: { conv: 10, dense: 17, lrn: 18, pool: 19 },
  newer: { conv: 106, dense: 117, lrn: 118, pool: 121 },
};

export function encodeCaffemodel(model: TrainedModel, options: CaffeOptions): Part {
  const { form } = options;
  const params = PARAMS[form];
  const layer = (name: string, type: string, bottoms: string[], tops: string[], ...parts: Part[]): Part => {
    const own = options.replace?.[name];
    if (own) return own;
    return form === 'older'
      ? message(
          2,
          ...bottoms.map((b) => text(2, b)),
          ...tops.map((t) => text(3, t)),
          text(4, name),
          number(5, V1_TYPES[type] ?? 0),
          ...parts,
        )
      : message(
          100,
          text(1, name),
          text(2, type),
          ...bottoms.map((b) => text(3, b)),
          ...tops.map((t) => text(4, t)),
          ...parts,
        );
  };
  const blob = (shape: number[], values: Float32Array): Part => {
    const legacy = [1, 1, 1, ...shape].slice(-4);
    const dims =
      form === 'older'
        ? legacy.map((size, index) => number(index + 1, size))
        : [message(7, bytes(1, concat(...shape.map(varint))))];
    // The older files hold the gradients' field too (6), which must not be taken for data.
    return message(form === 'older' ? 6 : 7, ...dims, floats(5, values), floats(6, new Float32Array(0)));
  };
  const parts: Part[] = [text(1, 'AlexNet'), layer('data', 'Data', [], ['data', 'label'])];
  let top = 'data';
  for (const each of model.network.layers) {
    const trained = model.layers.get(each.name);
    const blobs = trained
      ? [blob(trained.shape, trained.weight), blob([trained.bias.length], trained.bias)]
      : [];
    switch (each.type) {
      case 'conv': {
        const fields = [number(1, each.out), number(4, each.kernel)];
        if (each.pad > 0) fields.push(number(3, each.pad));
        if (each.groups > 1) fields.push(number(5, each.groups));
        if (each.stride > 1) fields.push(number(6, each.stride));
        parts.push(
          layer(each.name, 'Convolution', [top], [each.name], ...blobs, message(params.conv, ...fields)),
        );
        parts.push(layer(`relu-${each.name}`, 'ReLU', [each.name], [each.name]));
        break;
      }
      case 'dense':
        if (options.extraType) {
          parts.push(layer('extra', options.extraType, [top], ['extra']));
          top = 'extra';
        }
        parts.push(
          layer(
            each.name,
            'InnerProduct',
            [top],
            [each.name],
            ...blobs,
            message(params.dense, number(1, each.out)),
          ),
        );
        if (!each.relu) break;
        parts.push(layer(`relu-${each.name}`, 'ReLU', [each.name], [each.name]));
        parts.push(layer(`drop-${each.name}`, 'Dropout', [each.name], [each.name]));
        break;
      case 'lrn': {
        const fields = [number(1, each.size), float(2, each.alpha), float(3, each.beta)];
        if (each.k !== 1) fields.push(float(5, each.k));
        parts.push(layer(each.name, 'LRN', [top], [each.name], message(params.lrn, ...fields)));
        break;
      }
      case 'maxpool': {
        const fields = [number(1, 0), number(2, each.kernel), number(3, each.stride)];
        parts.push(layer(each.name, 'Pooling', [top], [each.name], message(params.pool, ...fields)));
        break;
      }
      case 'softmax':
        parts.push(layer('split', 'Split', [top], [`${top}_0`, `${top}_1`]));
        parts.push(layer('accuracy', 'Accuracy', [`${top}_1`, 'label'], ['accuracy']));
        parts.push(layer('loss', 'SoftmaxWithLoss', [`${top}_0`, 'label'], ['loss']));
        continue;
    }
    top = each.name;
  }
  return concat(...parts);
}
