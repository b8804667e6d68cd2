// Files that people have of an AlexNet and that are not read, by what they are, each with the line that converts them;
// and the two things that come instead of weights: a web page and a Git LFS pointer.
import { OperatorError } from '../operator-error.ts';
import type { LoadedFile } from './loaded-file.ts';

interface Refused {
  what: string;
  signature(start: string, file: LoadedFile): boolean;
  advice: string;
}

const TO_ONNX = 'convert it to ONNX';

const REFUSED: Refused[] = [
  {
    what: 'a Git LFS pointer to them',
    signature: (start) => start.startsWith('version https://git-lfs'),
    advice: 'git lfs pull, or download the file itself',
  },
  {
    what: 'a web page',
    signature: (start) => /^\s*<(!doctype|html|\?xml)/i.test(start),
    advice: 'download the file that it links to',
  },
  {
    what: 'a TensorFlow SavedModel',
    signature: (_, { name }) => name === 'saved_model.pb',
    advice: `${TO_ONNX}: python -m tf2onnx.convert --saved-model FOLDER --output alexnet.onnx`,
  },
  {
    what: 'a MATLAB file of version 7.3',
    signature: (start) => start.startsWith('MATLAB 7.3 MAT-file'),
    advice: 'in MATLAB: net = load("FILE"); save("alexnet.mat", "-struct", "net", "-v7")',
  },
  {
    what: 'a TensorFlow Lite model',
    signature: (start) => start.slice(4, 8) === 'TFL3',
    advice: `${TO_ONNX}: python -m tf2onnx.convert --tflite FILE --output alexnet.onnx`,
  },
  {
    what: 'an MXNet parameter file',
    signature: (start) => start.startsWith('\x12\x01\0\0\0\0\0\0'),
    advice: 'numpy.savez("alexnet.npz", **{k[4:]: v.asnumpy() for k, v in mxnet.nd.load("FILE").items()})',
  },
  {
    what: 'a Torch7 file',
    signature: (start) =>
      ['\x03\0\0\0\x01\0\0\0', '\x04\0\0\0\x01\0\0\0', '4\n1\n'].some((first) => start.startsWith(first)),
    advice: 'torch.save of its tensors, read by the Python package torchfile',
  },
  {
    what: 'Darknet weights',
    // Versions 0.1 and 0.2 of the format: major 0, minor 1 or 2, revision 0.
    signature: (start) =>
      ['\x01', '\x02'].some((minor) => start.startsWith(`\0\0\0\0${minor}\0\0\0\0\0\0\0`)),
    advice: `${TO_ONNX}, which has the network as well`,
  },
  {
    what: 'a Core ML model',
    signature: (start, { name }) => /\.ml(model|package)$/.test(name) && start[0] === '\x08',
    advice: 'export the network that it was made from with torch.onnx.export',
  },
  {
    what: 'a TensorFlow.js model',
    signature: (start) => /^\s*\{/.test(start) && /"(modelTopology|weightsManifest|format)"/.test(start),
    advice: 'tensorflowjs_converter --input_format=tfjs_layers_model --output_format=keras FILE alexnet.h5',
  },
];

/** Throws OperatorError for a file that is known not to be read. */
export function refuseOthers(file: LoadedFile): void {
  const start = file.bytes.subarray(0, 512).toString('latin1');
  const found = REFUSED.find(({ signature }) => signature(start, file));
  if (found) throw new OperatorError(`${file.name}: expected weights, found ${found.what}: ${found.advice}`);
}
