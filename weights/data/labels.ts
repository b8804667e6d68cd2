// Class names: from a file (`synset_words.txt`, `imagenet_class_index.json`, or one name a line), or the 1000
// ImageNet classes that come with the project (imagenet-classes.txt: synset and words, in class order,
// which is the sorted order of the synsets). Words may occur twice; index and synset identify a class.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Label } from '../../src/network/preprocess.ts';
import { inWords, OperatorError } from '../operator-error.ts';

const LABEL_BYTES = 4 << 20;
const SYNSET_LINE = /^(n\d{8})(?:\s+(.*))?$/;

/** The 1000 classes of ILSVRC 2012. */
export function imagenetLabels(): Label[] {
  return parseLabels(readFileSync(path.join(import.meta.dirname, 'imagenet-classes.txt'), 'utf8'));
}

export function readLabels(path: string): Label[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new OperatorError(`${path}: expected labels, found ${(error as NodeJS.ErrnoException).code}`);
  }
  if (text.length > LABEL_BYTES)
    throw new OperatorError(`${path}: expected labels, found ${text.length} bytes`);
  return parseLabels(text);
}

/** Labels in class order. Throws OperatorError for JSON of another form and for empty lists. */
export function parseLabels(text: string): Label[] {
  if (/^\s*[[{]/.test(text)) return parseJson(text);
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  while (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) throw new OperatorError('labels: expected a name on each line, found none');
  return lines.map((line, index) => {
    if (line === '')
      throw new OperatorError(`labels line ${index + 1}: expected a name, found an empty line`);
    const [, synset, words] = SYNSET_LINE.exec(line) ?? [];
    return synset ? { synset, words: words || synset } : { words: line };
  });
}

/** {"0": ["n01440764", "tench"], ...} or ["name", ...]. */
function parseJson(text: string): Label[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new OperatorError('labels: expected JSON, found a text that begins like it');
  }
  const entries = Object.entries(value as object);
  if (entries.length === 0) throw new OperatorError('labels: expected class names, found none');
  return entries.map((_, index) => {
    const entry = (value as Record<string, unknown>)[index];
    if (typeof entry === 'string') return { words: entry };
    const [synset, words] = Array.isArray(entry) ? entry : [];
    if (typeof synset !== 'string' || typeof words !== 'string')
      throw new OperatorError(`labels: expected "${index}": [synset, name], found ${inWords(entry)}`);
    return { synset, words: words.replaceAll('_', ' ') };
  });
}

/** Labels for `count` classes: the given ones, or ImageNet's for 1000, or numbers. */
export function labelsFor(count: number, given: Label[] | undefined): Label[] {
  const labels =
    given ??
    (count === 1000 ? imagenetLabels() : Array.from({ length: count }, (_, i) => ({ words: `class ${i}` })));
  if (labels.length !== count) throw new OperatorError(`labels: expected ${count}, found ${labels.length}`);
  return labels;
}
