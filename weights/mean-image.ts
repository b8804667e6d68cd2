// A mean image: what training subtracted from every picture, a value for each pixel. Caffe's mean file
// (`.binaryproto`, a BlobProto, BGR) and NumPy's array (`.npy`, as pycaffe saves it: 3 x height x width, BGR, or
// height x width x 3, RGB). Convolution is linear, so the packer turns it into the map that conv1 makes of it.
import type { FloatModel, FloatTensor } from './float-model.ts';
import { readMeanBlob } from './formats/caffe/mean.ts';
import { loadFile } from './formats/loaded-file.ts';
import { permuted, reshaped } from './formats/network/canonical.ts';
import { readNpyArray } from './formats/numpy/numpy.ts';
import type { StoredTensor } from './formats/stored-tensor.ts';
import { OperatorError } from './operator-error.ts';

/** The centre crop of a mean image, f32 [3][crop][crop], R, G, B. */
export async function croppedMean(image: FloatTensor, crop: number): Promise<Float32Array> {
  const [, height = 0, width = 0] = image.shape;
  if (height < crop || width < crop)
    throw new OperatorError(
      `mean image: expected at least ${crop} x ${crop} pixels, found ${height} x ${width}`,
    );
  const values = await image.read();
  // Rounded down, as Caffe does: the crop of 227 in 256 begins at 14.
  const offset = (size: number) => Math.floor((size - crop) / 2);
  const [top, left] = [offset(height), offset(width)];
  const cropped = new Float32Array(3 * crop * crop);
  for (let c = 0; c < 3; c++)
    for (let y = 0; y < crop; y++) {
      const from = (c * height + top + y) * width + left;
      cropped.set(values.subarray(from, from + crop), (c * crop + y) * crop);
    }
  return cropped;
}

/** The model with the mean image of a file instead of its mean colour. Throws OperatorError. */
export async function withMeanImage(model: FloatModel, file: string): Promise<FloatModel> {
  const loaded = loadFile(file);
  const npy = loaded.bytes.subarray(0, 6).toString('latin1') === '\x93NUMPY';
  const stored = npy
    ? readNpyArray(loaded.name, loaded.bytes, loaded.bytes.length, () => loaded.bytes)
    : readMeanBlob(loaded);
  return withMean({ ...model, meanImage: colorPlanes(stored, loaded.name) });
}

/** The model's mean colour is that of its mean image: it pads, covers and is reported. Throws OperatorError. */
export async function withMean(model: FloatModel): Promise<FloatModel> {
  const { meanImage, network, preprocess } = model;
  if (!meanImage) return model;
  const [first] = network.layers;
  if (first?.type !== 'conv' || first.pad > 0 || preprocess.std.some((std) => std !== 1))
    throw new OperatorError(
      'mean image: expected a network whose first convolution has no padding, of pixels 0..255, found another',
    );
  const { size } = network.input;
  const values = await croppedMean(meanImage, size);
  if (values.some((value) => value < -1 || value > 256))
    throw new OperatorError('mean image: expected pixels of 0 to 255, found others');
  const mean = [0, 1, 2].map((c) => {
    const plane = values.subarray(c * size * size, (c + 1) * size * size);
    return Number((plane.reduce((sum, value) => sum + value, 0) / plane.length).toPrecision(7));
  }) as [number, number, number];
  return {
    ...model,
    preprocess: { ...preprocess, mean },
    meanImage: { shape: [3, size, size], read: async () => values.slice() },
  };
}

function colorPlanes(stored: StoredTensor, name: string): FloatTensor {
  const shape = stored.shape.filter((size, axis) => size !== 1 || axis >= stored.shape.length - 3);
  const [first, , last] = shape;
  if (shape.length === 3 && first === 3) return reversed(permuted(reshaped(stored, shape), [0, 1, 2]));
  if (shape.length === 3 && last === 3) return permuted(reshaped(stored, shape), [2, 0, 1]);
  throw new OperatorError(
    `${name.slice(0, 64)}: expected a mean image of 3 x height x width (BGR) or height x width x 3 (RGB), found ${stored.shape.slice(0, 8).join(' x ')}`,
  );
}

/** B, G, R planes as R, G, B. */
function reversed({ shape, read }: FloatTensor): FloatTensor {
  const [, height = 0, width = 0] = shape;
  const plane = height * width;
  return {
    shape,
    read: async () => {
      const values = await read();
      const turned = new Float32Array(values.length);
      for (let c = 0; c < 3; c++) turned.set(values.subarray((2 - c) * plane, (3 - c) * plane), c * plane);
      return turned;
    },
  };
}
