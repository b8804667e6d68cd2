// Training: what it learns, that nothing but the photos counts, and what it refuses.
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { calibrate } from '../../src/heads/calibrate.ts';
import { exp, log } from '../../src/heads/exact-math.ts';
import { quantizeFeatures } from '../../src/heads/features.ts';
import { decodeHead, encodeHead } from '../../src/heads/file.ts';
import { predict } from '../../src/heads/head.ts';
import { knownP, pOf, quantilesOf } from '../../src/heads/known.ts';
import { train } from '../../src/heads/train.ts';
import { encodeKnown, KnownField } from '../../src/network/known.ts';
import { randomNumbers } from '../../tools/fixtures/random.ts';
import { OPTIONS, slowDotProducts, someExamples } from './examples.ts';

describe('exact math', () => {
  test('exp and log agree with the library to a part in 10^14', () => {
    fc.assert(
      fc.property(fc.double({ min: -690, max: 700, noNaN: true }), (x) => {
        expect(Math.abs(exp(x) / Math.exp(x) - 1)).toBeLessThan(1e-14);
      }),
    );
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => {
        expect(Math.abs(log(x) - Math.log(x))).toBeLessThan(1e-14 * Math.max(1, Math.abs(Math.log(x))));
      }),
    );
  });
});

describe('train', () => {
  test('learns classes and leaves out honestly', () => {
    const examples = someExamples(['cup', 'shoe', 'hat'], 12);
    const { head, leftOut } = train(examples, OPTIONS);
    expect(head.facts.labels).toEqual(['cup', 'hat', 'shoe']);
    expect(head.facts.photos).toEqual([12, 12, 12]);
    expect(head.facts.correct).toBe(leftOut.filter(({ label, predicted }) => label === predicted).length);
    expect(head.facts.correct).toBeGreaterThan(30);
    for (const { label, layers } of examples) {
      const { probabilities } = predict(head, Float32Array.from(layers[head.facts.layer]?.[0] ?? []));
      expect(head.facts.labels[probabilities.indexOf(Math.max(...probabilities))]).toBe(label);
      expect(probabilities.reduce((sum, value) => sum + value)).toBeCloseTo(1, 5);
    }
  });

  test('a photo in the wrong class contradicts it when left out', () => {
    const examples = someExamples(['cup', 'shoe'], 15, 30);
    const wrong = examples[4];
    if (!wrong) throw new Error('expected an example');
    examples[4] = { ...wrong, label: 'shoe' };
    const { leftOut } = train(examples, OPTIONS);
    const [first] = leftOut.toSorted((a, b) => a.own - b.own);
    expect(first?.example).toBe(4);
  });

  test('neither order nor names of files count: the same bytes', async () => {
    const examples = someExamples(['b', 'a', undefined], 9, 80, 2);
    const { bytes } = await encodeHead(train(examples, OPTIONS).head);
    const again = await encodeHead(train(examples.toReversed(), OPTIONS).head);
    expect(again.bytes).toEqual(bytes);
  });

  test('strangers fit a detector', () => {
    const examples = someExamples(['a', 'b', undefined], 40, 60);
    const { head, strangers, leftOut } = train(examples, OPTIONS);
    expect(head.known.detector).toBeDefined();
    expect(head.facts.strangers).toBe(40);
    expect(strangers.filter((p) => p < 0.05).length).toBeGreaterThan(30);
    expect(leftOut.filter(({ known }) => known < 0.05).length).toBeLessThanOrEqual(6);
  });

  const two = someExamples(['a', 'b'], 3);
  const [first, ...rest] = someExamples(['a', 'b'], 3);
  test.each([
    ['no photos', [], 'bad-examples', /two classes or more, got none/],
    ['one class', someExamples(['a'], 5), 'bad-examples', /got only "a"/],
    [
      'one photo of a class',
      [...someExamples(['a'], 5), ...someExamples(['b'], 1)],
      'bad-examples',
      /"b": expected 2 photos/,
    ],
    [
      'the same photos in two classes',
      [...two, ...two.map((example) => ({ ...example, label: example.label === 'a' ? 'b' : 'a' }))],
      'bad-examples',
      /same photo in/,
    ],
    [
      'a label that is too long',
      [{ ...first, layers: first?.layers ?? {}, label: 'x'.repeat(201) }, ...rest],
      'bad-examples',
      /1 to 200 characters/,
    ],
    [
      '10,000 photos',
      Array.from({ length: 10_000 }, () => two[0] ?? { label: 'a', layers: {} }),
      'too-many-examples',
      /at most 4000 photos, got 10000/,
    ],
  ])('%s: %s', (_, examples, code, message) => {
    expect(() => train(examples, OPTIONS)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});

describe('known', () => {
  test('p of n scores is the rank, rounded up to a 65th', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 150 }),
        fc.integer({ min: -1001, max: 1001 }),
        (scores, score) => {
          const notHigher = scores.filter((each) => each <= score).length;
          const p = pOf(quantilesOf(scores), 0, score);
          expect(p).toBeGreaterThanOrEqual(Math.min(1, (notHigher + 1) / (scores.length + 1)) - 1e-9);
          expect(p).toBeLessThan((notHigher + 1) / (scores.length + 1) + 1 / 65 + 1e-9);
        },
      ),
    );
  });

  test('features: the largest is 127, zeros stay', () => {
    expect(quantizeFeatures(Float32Array.of(0, 1, 2, 0.003))).toEqual(Uint8Array.of(0, 64, 127, 0));
    expect(quantizeFeatures(new Float32Array(3))).toEqual(new Uint8Array(3));
  });
});

describe('the field of a model file', () => {
  const { known } = train(someExamples(['a', 'b', undefined], 6), OPTIONS).head;

  test('is read back as it was written', () => {
    expect(v.parse(KnownField, JSON.parse(encodeKnown(known)))).toEqual(known);
  });

  test.each([
    ['quantiles', 'AAAA'],
    ['quantiles', '!'],
    ['energy', { mean: 0, std: 0 }],
    ['detector', {}],
    ['layer', 7],
  ])('refuses another %s: %j', (field, value) => {
    const broken = { ...JSON.parse(encodeKnown(known)), [field]: value };
    expect(v.safeParse(KnownField, broken).success).toBe(false);
  });
});

describe('calibrate', () => {
  test('photos of the classes are rejected as often as asked; others more often', () => {
    const next = randomNumbers(3);
    const observed = (shift: number) => {
      const features = Uint8Array.from(
        { length: 64 },
        (_, i) => Math.floor(next() * 80) + (i < 8 ? shift : 0),
      );
      return { logits: Float32Array.of(next() * 3 + shift / 20, next()), features };
    };
    const photos = Array.from({ length: 200 }, () => observed(40));
    const others = Array.from({ length: 60 }, () => observed(0));
    const known = calibrate(photos, others, 'fc7', slowDotProducts);
    const share = (list: typeof photos) =>
      list.filter(({ logits, features }) => knownP(known, Float32Array.from(features), logits) < 0.1).length /
      list.length;
    expect(share(Array.from({ length: 300 }, () => observed(40)))).toBeLessThan(0.2);
    expect(share(Array.from({ length: 300 }, () => observed(0)))).toBeGreaterThan(0.5);
  });
});

describe('file', () => {
  test('what is written is read back, with and without a detector', async () => {
    for (const labels of [
      ['a', 'b'],
      ['a', 'b', undefined],
    ]) {
      const { head } = train(someExamples(labels, 6), OPTIONS);
      const { bytes, sha256 } = await encodeHead(head);
      const back = await decodeHead(bytes);
      expect(back.sha256).toBe(sha256);
      const x = Float32Array.from({ length: head.facts.inputs }, (_, i) => i % 7);
      expect(predict(back.head, x).logits).toEqual(predict(head, x).logits);
      expect((await encodeHead(back.head)).bytes).toEqual(bytes);
    }
  });

  test('every flipped byte and every truncation is refused as head-damaged', async () => {
    const { bytes } = await encodeHead(train(someExamples(['a', 'b'], 4), OPTIONS).head);
    const end = bytes.lastIndexOf(0x7d, 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true)));
    for (let at = 0; at < bytes.length; at += 1 + (at % 3)) {
      const header = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
      if (at > end && at < header) continue;
      const broken = bytes.slice();
      broken[at] = (broken[at] as number) ^ 0x11;
      await expect(decodeHead(broken), String(at)).rejects.toMatchObject({ code: 'head-damaged' });
      await expect(decodeHead(bytes.subarray(0, at)), String(at)).rejects.toMatchObject({
        code: 'head-damaged',
      });
    }
  });
});
