// Vectors against the projection written as a plain matrix; codes, segments and the search against comparing everything
// with everything, in plain numbers.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CodeScanner } from '../../src/engine/hamming.ts';
import { ServiceError } from '../../src/errors.ts';
import { codeOf, similarity } from '../../src/retrieval/code.ts';
import { emptyManifest, mergeCount, parseManifest, replaced } from '../../src/retrieval/manifest.ts';
import { Nearest } from '../../src/retrieval/nearest.ts';
import { project } from '../../src/retrieval/projection.ts';
import { type Entry, encodeSegment, readKeys, Segment } from '../../src/retrieval/segment.ts';
import { SegmentCache } from '../../src/retrieval/segments.ts';
import { randomNumbers } from '../../tools/fixtures/random.ts';
import { seededReference } from '../reference/xoshiro.ts';
import { kernelsModule } from '../support/kernel-builds.ts';

const next = randomNumbers(4);

function activations(count: number): Float32Array {
  return Float32Array.from({ length: count }, () => Math.max(0, next() * 4 - 2));
}

/** The matrix, row by row: sign of the column times the sign that the common bits of row and column give. */
function projectionReference(x: readonly number[], dims: number): number[] {
  const size = Math.max(1024, 2 ** Math.ceil(Math.log2(x.length)));
  const random = seededReference(2012, size);
  const draw = () => random.next().value as number;
  const signs = x.map(() => 0).concat(new Array(size - x.length).fill(0));
  for (let i = 0; i < size; i++) signs[i] = draw() >= 2 ** 31 ? -1 : 1;
  const rows = signs.map((_, i) => i);
  for (let i = 0; i < 1024; i++) {
    const other = i + Math.floor((draw() / 2 ** 32) * (size - i));
    [rows[i], rows[other]] = [rows[other] ?? 0, rows[i] ?? 0];
  }
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  const parity = (bits: number) => bits.toString(2).replaceAll('0', '').length % 2;
  const product = rows
    .slice(0, dims)
    .map((row) =>
      x.reduce((sum, value, i) => sum + (value - mean) * (signs[i] ?? 0) * (parity(row & i) ? -1 : 1), 0),
    );
  const length = Math.hypot(...product);
  return product.map((value) => value / length);
}

describe('project', () => {
  test.each([
    [48, 256],
    [1000, 1024],
    [4096, 256],
  ] as const)('%i activations to %i numbers', (count, dims) => {
    const x = activations(count);
    const expected = projectionReference(Array.from(x), dims);
    const found = project(x, dims);
    expect(found).toHaveLength(dims);
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 6);
    });
  });

  test('256 numbers are the first of 1,024 but for their length, and so their codes are the same', () => {
    const x = activations(4096);
    expect(codeOf(project(x, 256))).toEqual(codeOf(project(x, 1024)));
  });

  test('what all units agree about does not count; nothing is nothing', () => {
    const x = activations(4096);
    const raised = project(
      x.map((value) => value + 0.5),
      256,
    );
    project(x, 256).forEach((value, i) => {
      expect(raised[i]).toBeCloseTo(value, 5);
    });
    expect(project(new Float32Array(4096), 256).every((value) => value === 0)).toBe(true);
  });
});

function randomEntry(key: string): Entry {
  return { key, ...codeOf(Float32Array.from({ length: 256 }, () => next() - 0.5)) };
}

describe('codes', () => {
  test('signs and eight bits of a vector', () => {
    const vector = Float32Array.from({ length: 256 }, (_, i) => (i % 3 === 0 ? 1 : -i / 512));
    const { bits, vector: levels } = codeOf(vector);
    for (let i = 0; i < 256; i++) {
      expect(((bits[Math.floor(i / 8)] ?? 0) / 2 ** (i % 8)) & 1).toBe(i % 3 === 0 ? 1 : 0);
      expect(levels[i]).toBeCloseTo((vector[i] ?? 0) * 127, -0.5);
    }
  });

  test('similarity is the cosine', () => {
    const [a, b] = [randomEntry('a').vector, randomEntry('b').vector];
    const dot = (x: Int8Array, y: Int8Array) =>
      Array.from(x).reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
    expect(similarity(a, b)).toBeCloseTo(dot(a, b) / Math.sqrt(dot(a, a)) / Math.sqrt(dot(b, b)), 12);
    expect(similarity(a, a)).toBe(1);
    expect(similarity(a, new Int8Array(256))).toBe(0);
  });
});

describe('segments', () => {
  test('hold what was put in', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1, unit: 'grapheme' }), { maxLength: 30 }),
        (keys) => {
          const entries = keys.map(randomEntry);
          const bytes = encodeSegment(entries);
          const segment = new Segment(bytes);
          expect(segment.entries()).toEqual(entries);
          expect(readKeys(bytes)).toEqual({ keys, end: bytes.length - keys.length * 288 });
        },
      ),
      { numRuns: 30 },
    );
  });

  test('damaged ones are refused', () => {
    const whole = encodeSegment(['a', 'bc', 'd'].map(randomEntry));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
        const bytes = whole.slice();
        bytes[at] = value;
        try {
          expect(new Segment(bytes).keys).toHaveLength(3);
        } catch (error) {
          expect(error).toBeInstanceOf(ServiceError);
        }
      }),
    );
    for (const length of [0, 15, 16, 40, whole.length - 1])
      expect(() => new Segment(whole.slice(0, length))).toThrow(/segment of the index/);
    expect(() => parseManifest('{"format":"alexnet-edge-index/1"}')).toThrow(/list of segments/);
  });

  test('neighbours become one, so that there are few', () => {
    const segments: { photos: number }[] = [];
    let written = 0;
    for (let photo = 1; photo <= 25_000; photo++) {
      segments.push({ photos: 1 });
      const merged = segments.splice(segments.length - mergeCount(segments));
      const photos = merged.reduce((sum, each) => sum + each.photos, 0);
      written += 1 + photos;
      if (merged.length > 0) segments.push({ photos });
      expect(segments.length).toBeLessThan(40);
    }
    expect(segments.reduce((sum, { photos }) => sum + photos, 0)).toBe(25_000);
    const largest = Math.max(...segments.map(({ photos }) => photos));
    expect(largest).toBeGreaterThanOrEqual(9_000);
    expect(largest).toBeLessThanOrEqual(10_000);
    expect(written / 25_000).toBeLessThan(5);
  });

  test('what was replaced stays for a minute', () => {
    const part = (id: number) => ({
      id: `00000000-0000-0000-0000-${String(id).padStart(12, '0')}`,
      photos: 1,
      bytes: 1,
      key_bytes: 1,
    });
    const first = replaced(emptyManifest('a'.repeat(64)), [part(1), part(2)], 1_000);
    expect(first).toMatchObject({ manifest: { gone: [] }, unread: [] });
    const second = replaced(first.manifest, [part(2), part(3)], 2_000);
    expect(second).toMatchObject({ manifest: { gone: [{ id: part(1).id, at: 2_000 }] }, unread: [] });
    const third = replaced(second.manifest, [part(3)], 61_999);
    expect(third.manifest.gone.map(({ id }) => id)).toEqual([part(1).id, part(2).id]);
    const fourth = replaced(third.manifest, [part(3)], 62_000);
    expect(fourth.unread).toEqual([part(1).id]);
    expect(fourth.manifest.gone.map(({ id }) => id)).toEqual([part(2).id]);
    expect(parseManifest(JSON.stringify(fourth.manifest))).toEqual(fourth.manifest);
  });

  test('the cache is bounded, and what was read last stays', () => {
    const cache = new SegmentCache(3_000);
    for (const key of ['a', 'b', 'c', 'd']) {
      cache.keep(key, new Segment(encodeSegment([randomEntry('1'), randomEntry('2'), randomEntry('3')])));
      cache.find('a');
      expect(cache.bytes).toBeLessThanOrEqual(3_000);
    }
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.find(key))).toEqual(['a', 'c', 'd']);
  });
});

describe('Nearest', () => {
  const scanner = new CodeScanner(kernelsModule('relaxed'));

  /** Every photo's distance and similarity; the 200 nearest codes, the earlier of equals; those by their similarity. */
  function reference(all: readonly Entry[], wanted: Entry, k: number): string[] {
    const bits = (code: Uint8Array) => Array.from(code, (byte) => byte.toString(2).padStart(8, '0')).join('');
    const own = bits(wanted.bits);
    return all
      .map((entry, place) => {
        const other = bits(entry.bits);
        const distance = Array.from(own).filter((bit, i) => bit !== other[i]).length;
        return { key: entry.key, place, distance, cosine: similarity(wanted.vector, entry.vector) };
      })
      .sort((a, b) => a.distance - b.distance || a.place - b.place)
      .slice(0, 200)
      .sort((a, b) => b.cosine - a.cosine || a.distance - b.distance || a.place - b.place)
      .slice(0, k)
      .map(({ key }) => key);
  }

  test.each([
    [1, 6],
    [150, 6],
    [1_500, 100],
    [3_000, 200],
  ])('of %i photos in segments of any size the best %i', (photos, k) => {
    const all = Array.from({ length: photos }, (_, i) => randomEntry(`photo ${i}`));
    // Photos that are the same again, for ties.
    const entries = all.map((entry, i) =>
      i % 7 === 6 ? { ...(all[i - 3] as Entry), key: entry.key } : entry,
    );
    const wanted = randomEntry('wanted');
    const nearest = new Nearest(scanner, wanted);
    for (let from = 0, size = 1; from < photos; from += size, size = size * 3 + 1)
      nearest.scan(new Segment(encodeSegment(entries.slice(from, from + size))));
    expect(nearest.best(k).map(({ key }) => key)).toEqual(reference(entries, wanted, k));
  });
});
