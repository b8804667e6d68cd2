// The three forms of label files, and the list of ImageNet's classes that comes with the project.
import { expect, test } from 'vitest';
import { imagenetLabels, labelsFor, parseLabels } from '../../weights/labels.ts';

test('the 1000 classes are in synset order, with the anchors that every published network has', () => {
  const labels = imagenetLabels();
  expect(labels).toHaveLength(1000);
  const synsets = labels.map(({ synset }) => synset ?? '');
  expect(synsets).toEqual([...new Set(synsets)].sort());
  expect([0, 217, 281, 999].map((index) => synsets[index])).toEqual([
    'n01440764',
    'n02102040',
    'n02123045',
    'n15075141',
  ]);
  expect(labels.every(({ words }) => words.length > 1 && words.trim() === words)).toBe(true);
  // Two classes of one name: words do not identify a class.
  expect(labels.filter(({ words }) => /\bcrane\b/.test(words)).length).toBeGreaterThan(1);
});

test.each([
  ['synset_words.txt', 'n01440764 tench, Tinca tinca\r\nn01443537 goldfish\r\n'],
  ['tabs', 'n01440764\ttench, Tinca tinca\nn01443537\tgoldfish'],
])('%s', (_, text) => {
  expect(parseLabels(text)).toEqual([
    { synset: 'n01440764', words: 'tench, Tinca tinca' },
    { synset: 'n01443537', words: 'goldfish' },
  ]);
});

test('imagenet_class_index.json, whatever the order of its keys', () => {
  expect(parseLabels('{"1": ["n01443537", "goldfish"], "0": ["n01484850", "great_white_shark"]}')).toEqual([
    { synset: 'n01484850', words: 'great white shark' },
    { synset: 'n01443537', words: 'goldfish' },
  ]);
});

test('plain lines', () => {
  expect(parseLabels('cat\nnorthern dog\n')).toEqual([{ words: 'cat' }, { words: 'northern dog' }]);
});

test.each([
  ['', /expected a name on each line, found none/],
  ['cat\n\ndog', /line 2: expected a name, found an empty line/],
  ['{"0": ["n01443537"]}', /expected "0": \[synset, name\]/],
  ['{"1": ["n01443537", "goldfish"]}', /expected "0"/],
  ['{"0": ', /expected JSON/],
])('%j is refused', (text, message) => {
  expect(() => parseLabels(text)).toThrow(message);
});

test('a model of 1000 classes has ImageNet’s, others need as many as they have classes', () => {
  expect(labelsFor(1000, undefined)).toEqual(imagenetLabels());
  expect(() => labelsFor(3, parseLabels('cat\ndog'))).toThrow('labels: expected 3, found 2');
});
