// Files that are not read are named by what they are, with the line that converts them; none is taken for another form.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readWeights } from '../../../weights/formats/forms.ts';
import { loadFile } from '../../../weights/formats/loaded-file.ts';
import { OperatorError } from '../../../weights/operator-error.ts';
import { encodeZip } from '../encode/zip.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'refused-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.padEnd(600, '\0'), 'latin1'));
const keras = encodeZip([{ name: 'model.weights.h5', data: new Uint8Array(8), method: 0, size: 8 }]);

test.each<[string, Uint8Array, RegExp]>([
  ['alexnet.h5', latin1('\x89HDF\r\n\x1a\n'), /^HDF5: expected to read its root group/],
  [
    'alexnet.keras',
    keras,
    /^config\.json: expected at most \d+ bytes of JSON beside model\.weights\.h5, found none/,
  ],
  ['alexnet.mat', latin1('MATLAB 7.3 MAT-file, Platform: GLNXA64'), /version 7\.3: in MATLAB: .*"-v7"/],
  ['saved_model.pb', latin1('\x08\x01\x12\x07'), /a TensorFlow SavedModel: .*tf2onnx\.convert --saved-model/],
  ['alexnet.tflite', latin1('\x1c\0\0\0TFL3'), /a TensorFlow Lite model: .*--tflite/],
  ['alexnet.mlmodel', latin1('\x08\x01\x12\x07'), /a Core ML model: .*torch\.onnx\.export/],
  ['alexnet-0000.params', latin1('\x12\x01\0\0\0\0\0\0\0\0\0\0'), /an MXNet parameter file: numpy\.savez/],
  ['alexnet.t7', latin1('\x04\0\0\0\x01\0\0\0\x03\0\0\0V 1'), /a Torch7 file: .*torchfile/],
  ['alexnet.weights', latin1('\0\0\0\0\x02\0\0\0\0\0\0\0\0\x01'), /Darknet weights: convert it to ONNX/],
  [
    'model.json',
    latin1('{"format":"layers-model","modelTopology":{}}'),
    /a TensorFlow\.js model: tensorflowjs_converter/,
  ],
  ['page.onnx', latin1('<!DOCTYPE html><html>'), /a web page: download the file/],
  [
    'pointer.onnx',
    latin1('version https://git-lfs.github.com/spec/v1\n'),
    /a Git LFS pointer to them: git lfs pull/,
  ],
  [
    'anything',
    latin1('hello'),
    /expected a file of safetensors, npy, npz, Keras, MatConvNet, PyTorch.*found another form/,
  ],
])('%s', (name, content, expected) => {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  let message = '';
  try {
    readWeights(loadFile(file));
  } catch (error) {
    expect(error).toBeInstanceOf(OperatorError);
    ({ message } = error as OperatorError);
  }
  expect(message).toMatch(expected);
  expect(message).not.toContain('\n');
});
