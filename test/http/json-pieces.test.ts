// JSON in pieces against JSON.stringify of the same with arrays in place of vectors, and the length that is promised.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonBytes, jsonPieces, Later } from '../../src/http/json-pieces.ts';

/** The same as plain JSON has it. */
function plain(value: unknown): unknown {
  if (value instanceof Later) return plain(value.make());
  if (value instanceof Float32Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, plain(entry)]));
}

const text = fc.string({ unit: 'binary', maxLength: 20 });
const vector = fc.float32Array({ maxLength: 1_100, noNaN: false });
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    vector,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(text, fc.option(tie('tree'), { nil: undefined }), { maxKeys: 4 }),
    fc.tuple(vector).map(([values]) => new Later(26 * values.length + 20, () => ({ values }))),
  ),
}));

test('says what JSON.stringify says, and is no longer than promised', () => {
  fc.assert(
    fc.property(tree, (value) => {
      const written = [...jsonPieces(value)].join('');
      expect(written).toBe(JSON.stringify(plain(value)) ?? 'null');
      expect(Buffer.byteLength(written)).toBeLessThanOrEqual(jsonBytes(value));
    }),
    { seed: 13, numRuns: 500 },
  );
});

test('the longest numbers are within what is promised', () => {
  const longest = Float32Array.from({ length: 20_000 }, (_, i) => -1.0000001e-6 * (1 + i / 7));
  const all = Float32Array.of(...longest, -3.4e38, 1e-45, -1.17549435e-38, Number.NaN, Infinity);
  expect([...jsonPieces(all)].join('').length).toBeLessThanOrEqual(jsonBytes(all));
});

test('a large vector comes in pieces, each made when it is asked for', () => {
  let made = 0;
  const later = new Later(10, () => {
    made++;
    return 1;
  });
  const pieces = jsonPieces({ values: new Float32Array(100_000).fill(0.1), later });
  const first = pieces.next().value ?? '';
  expect(first.length).toBeLessThan(40_000);
  expect(made).toBe(0);
  let count = 1;
  while (!pieces.next().done) count++;
  expect(made).toBe(1);
  expect(count).toBeGreaterThan(50);
});
