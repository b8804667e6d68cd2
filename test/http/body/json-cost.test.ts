// What JSON would take in memory, counted from its bytes: the same whole or in pieces, the same as by a parser's eyes.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ServiceError } from '../../../src/errors.ts';
import { JsonCost, MAX_VALUE_BYTES } from '../../../src/http/body/json-cost.ts';

function costOf(text: string, pieceBytes = Number.POSITIVE_INFINITY): number {
  const bytes = new TextEncoder().encode(text);
  const cost = new JsonCost();
  for (let at = 0; at < bytes.length; at += pieceBytes) cost.add(bytes.subarray(at, at + pieceBytes));
  return cost.bytes;
}

/** From the text without its strings, which a regular expression finds. */
function reference(text: string): number {
  const strings = text.match(/"(?:\\.|[^"\\])*"/g) ?? [];
  const rest = text.replaceAll(/"(?:\\.|[^"\\])*"/g, '');
  const count = (pattern: RegExp) => rest.match(pattern)?.length ?? 0;
  return strings.length * 40 + count(/,/g) * 16 + count(/[.eE]/g) * 24 + count(/[[{]/g) * 64;
}

test('any JSON, whole and in pieces of any size', () => {
  fc.assert(
    fc.property(fc.json(), fc.integer({ min: 1, max: 9 }), (text, pieceBytes) => {
      expect(costOf(text)).toBe(reference(text));
      expect(costOf(text, pieceBytes)).toBe(reference(text));
    }),
    { seed: 2012, numRuns: 500 },
  );
});

test.each(['"a\\\\"', '"\\"[[[,"', '["\\\\\\"",1]', '"ü\\u0022,"'])('escapes: %s', (text) => {
  for (let pieceBytes = 1; pieceBytes < 8; pieceBytes++)
    expect(costOf(text, pieceBytes)).toBe(reference(text));
});

test('twelve megabytes of base64, and a photo as an array of numbers, fit', () => {
  expect(costOf(JSON.stringify({ image: 'A'.repeat(12 << 20) }))).toBeLessThan(1000);
  const numbers = JSON.stringify({ image: Array.from({ length: 2_490_000 }, (_, i) => i % 256) });
  expect(costOf(numbers)).toBeLessThan(MAX_VALUE_BYTES);
});

test.each([
  ['arrays', '[],'],
  ['objects', '{},'],
  ['short strings', '"ab",'],
  ['fractions', '1.5,'],
  ['nesting', '[['],
])('twelve megabytes of %s are refused', (_, unit) => {
  const text = `[${unit.repeat(Math.floor((12 << 20) / unit.length))}`;
  let error: unknown;
  try {
    costOf(text, 1 << 16);
  } catch (reason) {
    error = reason;
  }
  expect(error).toBeInstanceOf(ServiceError);
  expect(error).toMatchObject({ code: 'too-many-bytes', status: 413 });
});
