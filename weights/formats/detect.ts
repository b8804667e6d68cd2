// Which form a file has, by its content: the name says nothing. Also knows the two things that people get
// instead of weights: a web page and a Git LFS pointer.
import { OperatorError } from '../operator-error.ts';
import { readCaffemodel } from './caffe/caffemodel.ts';
import { readNpy, readPickledArrays } from './numpy/numpy.ts';
import { readOnnx } from './onnx/onnx.ts';
import { scanFields } from './protobuf-scan.ts';
import { readSafetensors, readSafetensorsHeader } from './safetensors/safetensors.ts';
import type { SourceFile } from './source-file.ts';
import { isTorchStream, readTorchStream, readTorchZip } from './torch/torch.ts';
import type { Form, WeightFile } from './weight-file.ts';

const START_BYTES = 64;

/** Reads the headers of a weights file of any known form. Throws OperatorError. */
export function readWeights(source: SourceFile): WeightFile {
  const start = source.read(0, Math.min(START_BYTES, source.size), source.name);
  switch (detectForm(source, start)) {
    case 'safetensors':
      return readSafetensors(source);
    case 'npy':
      return readNpy(source);
    case 'torch':
      return start[0] === 0x50 ? readTorchZip(source) : readTorchStream(source);
    case 'pickle':
      return readPickledArrays(source);
    case 'onnx':
      return readOnnx(source);
    case 'caffemodel':
      return readCaffemodel(source);
  }
}

/** True for a file that this project has packed already. */
export function isPacked(source: SourceFile): boolean {
  const start = source.read(0, Math.min(START_BYTES, source.size), source.name);
  if (!isSafetensors(start)) return false;
  const metadata = readSafetensorsHeader(source).header.__metadata__ as Record<string, unknown> | undefined;
  return String(metadata?.format).startsWith('alexnet-edge/');
}

function detectForm(source: SourceFile, start: Uint8Array): Form {
  const text = Buffer.from(start).toString('latin1');
  if (text.startsWith('version https://git-lfs'))
    throw new OperatorError(`${source.name}: expected weights, found a Git LFS pointer to them`);
  if (/^\s*<(!doctype|html|\?xml)/i.test(text))
    throw new OperatorError(`${source.name}: expected weights, found a web page`);
  if (isSafetensors(start)) return 'safetensors';
  if (text.startsWith('\x93NUMPY')) return 'npy';
  if (text.startsWith('PK\x03\x04') || isTorchStream(start)) return 'torch';
  if (start[0] === 0x80 && (start[1] ?? 9) >= 2 && (start[1] ?? 9) <= 5) return 'pickle';
  const form = protobufForm(source);
  if (form) return form;
  throw new OperatorError(
    `${source.name}: expected a caffemodel, ONNX, npy, PyTorch or safetensors file, found another form`,
  );
}

function isSafetensors(start: Uint8Array): boolean {
  return start.length > 9 && start[8] === 0x7b && start[6] === 0 && start[7] === 0;
}

/**
 * ONNX: ir_version (1) is a number. Caffe: name (1) is a text, or there are layers (2, 100) without one. The first
 * field decides, so a damaged rest is the reader's to report.
 */
function protobufForm(source: SourceFile): Form | undefined {
  try {
    const whole = { position: 0, length: source.size };
    const { number, wire } = scanFields(source, whole, source.name).next().value ?? {};
    if ((number === 1 && wire === 0) || (number === 7 && wire === 2)) return 'onnx';
    return (number === 1 || number === 2 || number === 100) && wire === 2 ? 'caffemodel' : undefined;
  } catch (error) {
    if (error instanceof OperatorError) return undefined;
    throw error;
  }
}
