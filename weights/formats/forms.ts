// The forms of weights files that are read, as data: a new one is a line here. A form is known by its content, never by
// the file's name; the first whose signature fits reads the file.
import { OperatorError } from '../operator-error.ts';
import { readCaffemodel } from './caffe/caffemodel.ts';
import { isDeepCompression, readDeepCompression } from './deep-compression/deep-compression.ts';
import { isHdf5 } from './hdf5/hdf5.ts';
import { isKerasArchive, readKerasArchive, readKerasHdf5 } from './keras/keras.ts';
import type { LoadedFile } from './loaded-file.ts';
import { isMatlab, readMatConvNet } from './matlab/matconvnet.ts';
import { isNpz, readNpy, readNpz, readPickledArrays } from './numpy/numpy.ts';
import { readOnnx } from './onnx/onnx.ts';
import { refuseOthers } from './refused.ts';
import { isSafetensors, readSafetensors } from './safetensors/safetensors.ts';
import { isTorchStream, isTorchZip, readTorchStream, readTorchZip } from './torch/torch.ts';
import type { WeightFile } from './weight-file.ts';
import { readZip } from './zip.ts';

interface Form {
  name: string;
  /** Whether a file is of this form; may look at all of it. */
  signature(bytes: Buffer): boolean;
  /** Throws OperatorError. */
  read(file: LoadedFile): WeightFile;
}

const startsWith = (text: string) => (bytes: Buffer) =>
  bytes.subarray(0, text.length).toString('latin1') === text;

const FORMS: Form[] = [
  { name: 'safetensors', signature: isSafetensors, read: readSafetensors },
  { name: 'npy', signature: startsWith('\x93NUMPY'), read: readNpy },
  { name: 'npz', signature: (bytes) => isZip(bytes) && isNpz(readZip(bytes)), read: readNpz },
  { name: 'Keras', signature: isKerasArchive, read: readKerasArchive },
  { name: 'Keras', signature: isHdf5, read: readKerasHdf5 },
  { name: 'MatConvNet', signature: isMatlab, read: readMatConvNet },
  { name: 'PyTorch', signature: (bytes) => isZip(bytes) && isTorchZip(readZip(bytes)), read: readTorchZip },
  { name: 'PyTorch', signature: isTorchStream, read: readTorchStream },
  { name: 'pickle', signature: (bytes) => isPickle(bytes), read: readPickledArrays },
  {
    name: 'Deep Compression',
    signature: (bytes) => isDeepCompression(bytes),
    read: (file) => readDeepCompression(file),
  },
  { name: 'ONNX', signature: (bytes) => isOnnx(bytes), read: readOnnx },
  { name: 'caffemodel', signature: (bytes) => isCaffemodel(bytes), read: readCaffemodel },
];

/** Reads the headers of a weights file of any known form. Throws OperatorError. */
export function readWeights(file: LoadedFile): WeightFile {
  refuseOthers(file);
  const form = FORMS.find(({ signature }) => signature(file.bytes));
  if (!form) {
    const names = [...new Set(FORMS.map(({ name }) => name))];
    throw new OperatorError(`${file.name}: expected a file of ${names.join(', ')}, found another form`);
  }
  return form.read(file);
}

const isZip = startsWith('PK\x03\x04');

function isPickle(bytes: Buffer): boolean {
  const [first, protocol = 0] = bytes;
  return first === 0x80 && protocol >= 2 && protocol <= 5;
}

/** ONNX: ir_version (1) is a number, or the graph (7) comes first. The first field decides; the reader says the rest. */
function isOnnx(bytes: Buffer): boolean {
  return bytes[0] === 0x08 || bytes[0] === 0x3a;
}

/** Caffe: name (1) is a text, or there are layers (2, 100) without one. */
function isCaffemodel(bytes: Buffer): boolean {
  return bytes[0] === 0x0a || bytes[0] === 0x12 || (bytes[0] === 0xa2 && bytes[1] === 0x06);
}
