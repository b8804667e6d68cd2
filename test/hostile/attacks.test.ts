// Attacks of tools/attack/table against the self-hosted Worker with its heap cap: those that are marked short, two
// seconds each. The whole table is in attacks.long.test.ts.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Calm, measureCalm, runAttack } from '../../tools/attack/run.ts';
import { ATTACKS } from '../../tools/attack/table/index.ts';
import { Target } from '../../tools/attack/target.ts';
import { selfHostFolder } from '../../tools/workers/plain-worker.ts';
import { expectUnhurt } from './unhurt.ts';

const SECONDS = 2;
const CONNECTIONS = 64;
const SHORT = ATTACKS.filter(({ short }) => short);

let target: Target;
let calm: Calm;
beforeAll(async () => {
  target = await Target.start(await selfHostFolder('self-host-hostile'));
  calm = await measureCalm(target);
});
afterAll(() => target.stop());

test('there are attacks to try', () => {
  expect(ATTACKS.length).toBeGreaterThan(100);
  expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length);
  expect(SHORT.length).toBeGreaterThanOrEqual(7);
});

test.each(SHORT)('$name', async (attack) => {
  expectUnhurt(await runAttack(target, attack, CONNECTIONS, SECONDS, calm), attack, target);
});
