// Labels of a model's classes. Three forms of file, told apart by their content:
//   synset_words.txt            n01440764 tench, Tinca tinca        one class a line
//   imagenet_class_index.json   {"0": ["n01440764", "tench"], ...}
//   plain lines                 tench                               one class a line
// ImageNet's 1000 classes come with the project (weights/imagenet-classes.txt, in synset order, as Caffe, ONNX and
// torchvision have them).
import { readFileSync } from 'node:fs';
import type { Label } from '../../src/network/preprocess.ts';
import { ImportError } from '../float-model.ts';

const MAX_BYTES = 1 << 24;
const SYNSET = /^(n\d{8})\s+(\S.*)$/;

/** ImageNet's 1000 classes, in the order of all published networks. */
export function imagenetLabels(): Label[] {
  return parseLabels(readFileSync(new URL('../imagenet-classes.txt', import.meta.url), 'utf8'), 'ImageNet');
}

/** Reads a label file. Throws ImportError. */
export function readLabels(path: string): Label[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ImportError(
      `labels ${path}: expected a readable file, found ${(error as NodeJS.ErrnoException).code}`,
    );
  }
  return parseLabels(text, path);
}

/** `what` names the file in errors. Throws ImportError for an empty or malformed one. */
export function parseLabels(text: string, what: string): Label[] {
  if (text.length > MAX_BYTES)
    throw new ImportError(`labels ${what}: expected at most ${MAX_BYTES} bytes, found ${text.length}`);
  if (text.trimStart().startsWith('{')) return parseIndex(text, what);
  const lines = text
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split(/\r?\n/);
  return lines.map((line, index) => {
    const [, synset, words] = SYNSET.exec(line) ?? [];
    if (synset && words) return { synset, words: words.trim() };
    if (line.trim() === '')
      throw new ImportError(`labels ${what}: expected a label in line ${index + 1}, found none`);
    return { words: line.trim() };
  });
}

function parseIndex(text: string, what: string): Label[] {
  let index: Record<string, unknown>;
  try {
    index = JSON.parse(text);
  } catch {
    throw new ImportError(`labels ${what}: expected JSON, found ${text.slice(0, 40)}`);
  }
  return Array.from({ length: Object.keys(index).length }, (_, i) => {
    const entry = index[i];
    if (!Array.isArray(entry) || typeof entry[0] !== 'string' || typeof entry[1] !== 'string')
      throw new ImportError(
        `labels ${what}: expected "${i}": [synset, words], found ${JSON.stringify(entry)}`,
      );
    return { synset: entry[0], words: entry[1].replaceAll('_', ' ') };
  });
}
