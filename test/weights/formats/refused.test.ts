// Files that are not read are named by what they are, with the line that converts them; none is taken for another form.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readWeights } from '../../../weights/formats/forms.ts';
import { loadFile } from '../../../weights/formats/loaded-file.ts';
import { OperatorError } from '../../../weights/operator-error.ts';
import { padded, UNREAD_FORMS } from '../encode/unread-forms.ts';
import { encodeZip } from '../encode/zip.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'refused-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const keras = encodeZip([{ name: 'model.weights.h5', data: new Uint8Array(8), method: 0, size: 8 }]);

test.each<[string, Uint8Array, RegExp]>([
  ['alexnet.h5', padded('\x89HDF\r\n\x1a\n'), /^HDF5: expected to read its root group/],
  [
    'alexnet.keras',
    keras,
    /^config\.json: expected at most \d+ bytes of JSON beside model\.weights\.h5, found none/,
  ],
  ...UNREAD_FORMS,
  ['page.onnx', padded('<!DOCTYPE html><html>'), /a web page: download the file/],
  [
    'pointer.onnx',
    padded('version https://git-lfs.github.com/spec/v1\n'),
    /a Git LFS pointer to them: git lfs pull/,
  ],
  [
    'anything',
    padded('hello'),
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
