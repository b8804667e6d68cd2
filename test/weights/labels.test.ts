// Class names of every form, and the 1000 ImageNet classes that come with the project.
import { expect, test } from 'vitest';
import { imagenetLabels, labelsFor, parseLabels } from '../../weights/data/labels.ts';
import { OperatorError } from '../../weights/operator-error.ts';

test('ImageNet: 1000 classes in the order of their synsets, with the known ones in their places', () => {
  const labels = imagenetLabels();
  expect(labels).toHaveLength(1000);
  const synsets = labels.map(({ synset }) => synset as string);
  expect(synsets.every((synset) => /^n\d{8}$/.test(synset))).toBe(true);
  expect(new Set(synsets).size).toBe(1000);
  expect(synsets.toSorted()).toEqual(synsets);
  expect(labels[0]).toEqual({ synset: 'n01440764', words: 'tench, Tinca tinca' });
  expect(labels[217]).toEqual({ synset: 'n02102040', words: 'English springer, English springer spaniel' });
  expect(labels[281]).toEqual({ synset: 'n02123045', words: 'tabby, tabby cat' });
  expect(labels[999]?.synset).toBe('n15075141');
});

test('ImageNet: words that occur twice are told apart by their synsets', () => {
  const cranes = imagenetLabels().flatMap(({ words, synset }, index) =>
    words === 'crane' ? [`${index} ${synset}`] : [],
  );
  expect(cranes).toEqual(['134 n02012849', '517 n03126707']);
});

test('synset_words.txt', () => {
  expect(parseLabels('n01440764 tench, Tinca tinca\r\nn01443537 goldfish\r\n')).toEqual([
    { synset: 'n01440764', words: 'tench, Tinca tinca' },
    { synset: 'n01443537', words: 'goldfish' },
  ]);
});

test('imagenet_class_index.json, whatever the order of its keys', () => {
  expect(parseLabels('{"1": ["n01443537", "goldfish"], "0": ["n01440764", "great_white_shark"]}')).toEqual([
    { synset: 'n01440764', words: 'great white shark' },
    { synset: 'n01443537', words: 'goldfish' },
  ]);
});

test('plain lines and JSON lists', () => {
  expect(parseLabels('cat\nnumber 7\n')).toEqual([{ words: 'cat' }, { words: 'number 7' }]);
  expect(parseLabels('["cat", "dog"]')).toEqual([{ words: 'cat' }, { words: 'dog' }]);
});

test.each([
  ['', /found none/],
  ['a\n\nb', /line 2: expected a name/],
  ['{"0": "a", "2": "b"}', /expected "1"/],
  ['{"0": ["a"]}', /expected "0": \[synset, name\]/],
  ['[1, 2]', /expected "0"/],
  ['{broken', /expected JSON/],
])('refuses %j', (text, message) => {
  expect(() => parseLabels(text)).toThrow(message);
  expect(() => parseLabels(text)).toThrow(OperatorError);
});

test('a model without labels has numbers, one of 1000 classes has ImageNet', () => {
  expect(labelsFor(2, undefined)).toEqual([{ words: 'class 0' }, { words: 'class 1' }]);
  expect(labelsFor(1000, undefined)).toEqual(imagenetLabels());
  expect(() => labelsFor(3, [{ words: 'a' }])).toThrow('labels: expected 3, found 1');
});
