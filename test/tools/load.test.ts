// The instruments of the load test: shares of the mix, quantiles, growth, and that only this machine is ever loaded.
import { expect, test } from 'vitest';
import { growth } from '../../tools/load/memory.ts';
import { type Kind, sequence } from '../../tools/load/mix.ts';
import { quantile, Tally } from '../../tools/load/tally.ts';
import { openLoop } from '../../tools/load/traffic.ts';

const kind = (name: string, share: number, statuses = [200]): Kind => ({
  name,
  share,
  statuses,
  bodies: [Buffer.from(name)],
});

test('a sequence keeps the shares', () => {
  const next = sequence([kind('many', 0.8), kind('few', 0.2)], 2012);
  const names = Array.from({ length: 5000 }, () => next().kind.name);
  expect(names.filter((name) => name === 'few').length / names.length).toBeCloseTo(0.2, 1);
});

test('quantiles are values that occurred', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
  expect([0.5, 0.95, 0.99, 1].map((p) => quantile(hundred, p))).toEqual([50, 95, 99, 100]);
  expect(quantile([7], 0.99)).toBe(7);
  expect(quantile([], 0.5)).toBeNaN();
});

test('right answers, 429 and all others are told apart', () => {
  const tally = new Tally();
  const garbage = kind('garbage', 1, [415]);
  for (const result of [415, 429, 200, 500, 'ECONNRESET']) tally.add({ kind: garbage, result, latencyMs: 1 });
  expect(tally.answered.map(({ result }) => result)).toEqual([415]);
  expect(tally.wrong.map(({ result }) => result)).toEqual([200, 500, 'ECONNRESET']);
  expect(tally.table().all).toMatchObject({ requests: 5, p50: '1' });
});

test('growth compares the first and the last quarter of what is late enough', () => {
  const samples = [500, 100, 100, 100, 110].map((residentMib, i) => ({
    seconds: i * 10,
    residentMib,
    wasmMib: 0,
    heapMib: 0,
  }));
  expect(growth(samples, 10)).toBeCloseTo(0.1);
});

test('only 127.0.0.1', async () => {
  const next = sequence([kind('any', 1)], 1);
  const elsewhere = openLoop(new URL('http://localhost:1'), next, { rate: 1, seconds: 1, seed: 1 });
  await expect(elsewhere).rejects.toThrow('expected the address 127.0.0.1');
});
