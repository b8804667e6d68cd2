// The kinds of things that several classes of a model are, by WordNet's hypernyms (imagenet-parents.txt): "dog" of 118
// breeds. A synset is one of them when it is above two classes or more, but not above all, and when no more special
// one is above the same classes.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Parent } from '../../src/network/parents.ts';
import type { Label } from '../../src/network/preprocess.ts';

interface Synset {
  parents: string[];
  words: string;
}

function readTable(): Map<string, Synset> {
  const text = readFileSync(path.join(import.meta.dirname, 'imagenet-parents.txt'), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [synset = '', parents = '', words = ''] = line.split('\t');
      return [synset, { parents: parents.split(' ').filter((each) => each !== ''), words }];
    }),
  );
}

/** Empty where the labels have no synsets that the table knows. */
export function parentsOf(labels: readonly Label[]): Parent[] {
  const table = readTable();
  const above = (synset: string): string[] => {
    const found = new Set<string>();
    const waiting = [synset];
    for (let each = waiting.pop(); each !== undefined; each = waiting.pop())
      for (const parent of table.get(each)?.parents ?? [])
        if (!found.has(parent)) {
          found.add(parent);
          waiting.push(parent);
        }
    return [...found];
  };
  const members = new Map<string, number[]>();
  labels.forEach(({ synset }, index) => {
    for (const parent of synset === undefined ? [] : above(synset))
      members.set(parent, [...(members.get(parent) ?? []), index]);
  });
  const kept = new Map<string, { synset: string; depth: number; classes: number[] }>();
  for (const [synset, classes] of members) {
    if (classes.length < 2 || classes.length === labels.length) continue;
    const key = classes.join();
    const depth = above(synset).length;
    if (depth > (kept.get(key)?.depth ?? -1)) kept.set(key, { synset, depth, classes });
  }
  return [...kept.values()]
    .sort((a, b) => a.classes.length - b.classes.length || (a.synset < b.synset ? -1 : 1))
    .map(({ synset, classes }) => ({
      synset,
      words: table.get(synset)?.words ?? synset,
      classes: ranges(classes),
    }));
}

/** Ascending indices as first, last, first, last, ... */
function ranges(indices: number[]): number[] {
  const pairs: number[] = [];
  for (const index of indices) {
    if (pairs.at(-1) === index - 1) pairs[pairs.length - 1] = index;
    else pairs.push(index, index);
  }
  return pairs;
}
