// Dropout against a plain float network that draws the masks anew: fc7, fc8 and softmax in loops over the float weights,
// from what fc6 left. And the same bits however many passes there are.
import { beforeAll, describe, expect, test } from 'vitest';
import type { Engine, Prediction } from '../../src/engine/engine.ts';
import { seededReference } from '../reference/xoshiro.ts';
import { floatLayer, tinyEngine } from '../support/tiny-engine.ts';
import { hexBits, identityPictures } from './logits.ts';

const SEED = 2012;
const PASSES = 18;
/** What quantising three layers costs. */
const NEAR = 0.02;

let engine: Engine;
let picture: Uint8Array;

beforeAll(async () => {
  engine = await tinyEngine();
  picture = identityPictures(engine.inputSize)[0] ?? new Uint8Array(0);
});

type Layer = Awaited<ReturnType<typeof floatLayer>>;

function dense({ weight, bias }: Layer, x: readonly number[], relu: boolean): number[] {
  return Array.from(bias, (b, o) => {
    const sum = x.reduce((all, value, i) => all + value * (weight[o * x.length + i] ?? 0), b);
    return relu ? Math.max(0, sum) : sum;
  });
}

function softmax(logits: readonly number[]): number[] {
  const powers = logits.map(Math.exp);
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

/** Halves of the units, by the bits of the generator's next words, lowest first. */
function dropped(x: readonly number[], random: Iterator<number>): number[] {
  const words = Array.from({ length: Math.ceil(x.length / 32) }, () => random.next().value as number);
  return x.map((value, i) =>
    Math.floor((words[Math.floor(i / 32)] ?? 0) / 2 ** (i % 32)) % 2 ? 2 * value : 0,
  );
}

/** What each pass says, in float. */
async function reference(): Promise<{ fc6: number[]; fc7: number[]; probabilities: number[] }[]> {
  const [fc7, fc8] = [await floatLayer('fc7'), await floatLayer('fc8')];
  const [left] = engine.activations([picture], ['fc6']);
  const whole = Array.from(left?.[0] ?? []);
  return Array.from({ length: PASSES }, (_, pass) => {
    const random = seededReference(SEED, pass);
    const six = dropped(whole, random);
    const seven = dropped(dense(fc7, six, true), random);
    return { fc6: six, fc7: seven, probabilities: softmax(dense(fc8, seven, false)) };
  });
}

function bits(passes: readonly Prediction[] = []): string[] {
  return passes.map(({ probabilities, embedding }) => hexBits(probabilities) + hexBits(embedding));
}

describe('dropout', () => {
  test('every pass is near the float network with the same halves', async () => {
    const expected = await reference();
    const [passes = []] = engine.runDropped([picture], { passes: PASSES, seed: SEED });
    expect(passes).toHaveLength(PASSES);
    passes.forEach(({ probabilities, embedding }, pass) => {
      const { fc7 = [], probabilities: plain = [] } = expected[pass] ?? {};
      const largest = Math.max(...fc7);
      fc7.forEach((value, i) => {
        expect(Math.abs((embedding[i] ?? -1) - value)).toBeLessThan(NEAR * largest);
      });
      plain.forEach((value, i) => {
        expect(Math.abs((probabilities[i] ?? -1) - value)).toBeLessThan(NEAR);
      });
    });
    const spread = new Set(passes.map(({ probabilities }) => hexBits(probabilities)));
    expect(spread.size).toBe(PASSES);
  });

  test('activations are those of the passes', async () => {
    const expected = await reference();
    const [passes = []] = engine.activationsDropped([picture], ['fc7', 'fc6'], {
      passes: PASSES,
      seed: SEED,
    });
    const [predictions = []] = engine.runDropped([picture], { passes: PASSES, seed: SEED });
    passes.forEach(([fc7, fc6], pass) => {
      expect(Array.from(fc6 ?? [])).toEqual(expected[pass]?.fc6);
      expect(fc7).toEqual(predictions[pass]?.embedding);
    });
  });

  test('a pass is the same bits alone, among others, and of a picture among others', () => {
    const many = engine.runDropped(identityPictures(engine.inputSize), { passes: PASSES, seed: SEED });
    const [few] = engine.runDropped([picture], { passes: 3, seed: SEED });
    expect(bits(few)).toEqual(bits(many[0]).slice(0, 3));
    const [other] = engine.runDropped([picture], { passes: 3, seed: SEED + 1 });
    expect(bits(other)).not.toEqual(bits(few));
  });

  test('a plain pass afterwards is what it was before', () => {
    const before = engine.run([picture]);
    engine.runDropped([picture], { passes: PASSES, seed: SEED });
    expect(bits(engine.run([picture]))).toEqual(bits(before));
  });
});

describe('what is silenced', () => {
  test('units of a dense layer: the float network without them', async () => {
    const [fc7, fc8] = [await floatLayer('fc7'), await floatLayer('fc8')];
    const without = new Map([['fc6', [0, 5, 63]]]);
    const six = Array.from(engine.activations([picture], ['fc6'])[0]?.[0] ?? []);
    for (const unit of [0, 5, 63]) six[unit] = 0;
    const expected = softmax(dense(fc8, dense(fc7, six, true), false));
    const [found] = engine.run([picture], undefined, without);
    expected.forEach((value, i) => {
      expect(Math.abs((found?.probabilities[i] ?? -1) - value)).toBeLessThan(NEAR);
    });
    expect(engine.activations([picture], ['fc6'], without)[0]?.[0]?.[5]).toBe(0);
  });

  test('channels of every kind of layer are 0, the others stay, and what comes after changes', () => {
    for (const name of ['conv1', 'norm1', 'pool1', 'conv2', 'pool2']) {
      const seen = (without?: Map<string, number[]>) => {
        const found = new Map<string, Float32Array>();
        const observe = ({ layer }: { layer: { name: string } }, _: number, read: () => Float32Array) => {
          found.set(layer.name, read());
        };
        const [prediction] = engine.run([picture], observe, without);
        return { found, prediction };
      };
      const plain = seen();
      const silenced = seen(new Map([[name, [1, 3]]]));
      const channels = name === 'conv2' || name === 'pool2' ? 32 : 16;
      const expected = plain.found.get(name)?.map((value, i) => ([1, 3].includes(i % channels) ? 0 : value));
      expect(silenced.found.get(name)).toEqual(expected);
      expect(silenced.prediction?.logits).not.toEqual(plain.prediction?.logits);
    }
  });

  test('with dropout, too', () => {
    const every = Array.from({ length: 48 }, (_, i) => i);
    const [passes = []] = engine.runDropped([picture], { passes: 2, seed: 1 }, new Map([['fc7', every]]));
    const [plain] = engine.run([picture], undefined, new Map([['fc7', every]]));
    for (const { logits } of passes) expect(logits).toEqual(plain?.logits);
  });
});
