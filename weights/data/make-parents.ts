// Makes `imagenet-parents.txt` from WordNet 3.0's noun file (Debian: apt-get install wordnet-base):
//   node weights/data/make-parents.ts /usr/share/wordnet/data.noun
// An ImageNet synset `n02084071` is the noun at byte 2084071 of that file. A line of it (wndb(5WN)): offset, lexical
// file, n, number of words (hex), words each with a number, number of pointers, pointers: symbol, offset, part of
// speech, source and target. `@` points to the hypernym, `@i` to that of an instance.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { OperatorError } from '../operator-error.ts';
import { imagenetLabels } from './labels.ts';

const HEADER = `# The hypernyms of ImageNet's 1000 classes: synset, its parents, its words. Derived from WordNet 3.0 by make-parents.ts.
# The licence of WordNet, as its own file has it:
`;

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error('usage: node weights/data/make-parents.ts /usr/share/wordnet/data.noun');
  process.exit(1);
}
const nouns = readFileSync(file);
const text = nouns.subarray(0, 4096).toString('latin1').split('\n');
// The file begins with numbered lines of licence.
const licence = text
  .filter((line) => line.startsWith('  '))
  .map((line) => `# ${line.slice(4).trim()}`.trim());
const lines = new Map<string, string>();
const waiting = imagenetLabels().map(({ synset }) => synset ?? '');
const classes = new Set(waiting);
for (let synset = waiting.pop(); synset !== undefined; synset = waiting.pop()) {
  if (lines.has(synset)) continue;
  const start = Number(synset.slice(1));
  const fields = nouns.subarray(start, nouns.indexOf(10, start)).toString('latin1').split(' ');
  if (`n${fields[0]}` !== synset) throw new OperatorError(`${synset}: expected it in ${file}, found none`);
  const count = Number.parseInt(fields[3] ?? '', 16);
  const words = Array.from({ length: count }, (_, i) => (fields[4 + 2 * i] ?? '').replaceAll('_', ' '));
  const pointers = 4 + 2 * count;
  const parents = Array.from({ length: Number(fields[pointers]) }, (_, i) => pointers + 1 + 4 * i)
    .filter((at) => fields[at] === '@' || fields[at] === '@i')
    .map((at) => `n${fields[at + 1]}`);
  // The words of the classes are in imagenet-classes.txt.
  lines.set(
    synset,
    [synset, parents.join(' '), ...(classes.has(synset) ? [] : [words.join(', ')])].join('\t'),
  );
  waiting.push(...parents);
}
const target = path.join(import.meta.dirname, 'imagenet-parents.txt');
writeFileSync(target, `${HEADER}${licence.join('\n')}\n${[...lines.values()].sort().join('\n')}\n`);
console.log(`${target}: ${lines.size} synsets`);
