// The attacks of tools/attack/table against the self-hosted Worker with its heap cap. Here a short form: those attacks
// that are marked so, for some seconds each; with ATTACKS=all all of them, with every number of connections, for as long as
// `npm run attack` takes. No clock decides: good photos are counted when they are answered at all, however late on a
// busy machine, and the rest is what does not depend on speed.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { promptShare, refusals } from '../../tools/attack/bars.ts';
import { type Calm, measureCalm, type Row, runAttack } from '../../tools/attack/run.ts';
import type { Attack } from '../../tools/attack/script.ts';
import { ATTACKS } from '../../tools/attack/table/index.ts';
import { Target } from '../../tools/attack/target.ts';
import { selfHostFolder } from '../../tools/workers/plain-worker.ts';

const LONG = process.env.ATTACKS === 'all';
const SECONDS = LONG ? 15 : 2;
const SHORT_CONNECTIONS = 64;
const MAX_ISOLATE_MIB = 128;
const MAX_ANSWER_BYTES = 8 << 20;

interface Case {
  name: string;
  attack: Attack;
  connections: number;
}

const CASES: Case[] = ATTACKS.filter(({ short }) => LONG || short).flatMap((attack) =>
  (LONG ? attack.connections : attack.connections.filter((count) => count === SHORT_CONNECTIONS)).map(
    (connections) => ({ name: `${attack.name}, ${connections} connections`, attack, connections }),
  ),
);

let target: Target;
let calm: Calm;
beforeAll(async () => {
  target = await Target.start(await selfHostFolder('self-host-hostile'));
  calm = await measureCalm(target);
}, 120_000);
afterAll(() => target.stop());

function expectUnhurt(row: Row, { statuses }: Attack): void {
  expect(row.alive, target.lastWords).toBe(true);
  expect(refusals(row)).toBe(0);
  expect(row.tally.largestAnswer).toBeLessThanOrEqual(MAX_ANSWER_BYTES);
  expect(row.isolateMib).toBeLessThanOrEqual(MAX_ISOLATE_MIB);
  expect(row.recovered).toBe(true);
  if (row.connections === 1 && statuses) expect(row.tally.order).toEqual(statuses);
  if (LONG) expect(promptShare(row)).toBeGreaterThanOrEqual(0.95);
  else expect(row.good?.filter(({ result }) => result === 200).length ?? 1).toBeGreaterThan(0);
}

test('there are attacks to try', () => {
  expect(ATTACKS.length).toBeGreaterThan(80);
  expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length);
  expect(CASES.length).toBeGreaterThanOrEqual(4);
});

test.each(CASES)(
  '$name',
  async ({ attack, connections }) => {
    expectUnhurt(await runAttack(target, attack, connections, SECONDS, calm), attack);
  },
  240_000,
);
