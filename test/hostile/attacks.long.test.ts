// The attacks of tools/attack/table against the self-hosted Worker with its heap cap: each with as many connections as
// hurt, for two seconds; with ATTACKS=all with every number of connections, as long as `npm run attack` takes, and then
// good photos must be in time, too.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { promptShare } from '../../tools/attack/bars.ts';
import { type Calm, measureCalm, runAttack } from '../../tools/attack/run.ts';
import type { Attack } from '../../tools/attack/script.ts';
import { ATTACKS } from '../../tools/attack/table/index.ts';
import { Target } from '../../tools/attack/target.ts';
import { selfHostFolder } from '../../tools/workers/plain-worker.ts';
import { expectUnhurt } from './unhurt.ts';

const ALL = process.env.ATTACKS === 'all';
const SECONDS = ALL ? 15 : 2;
const MANY = 64;

/** The number that is tried when only one is. */
function hurting({ connections }: Attack): number[] {
  return connections.includes(MANY) ? [MANY] : connections.slice(-1);
}

/** Clients that hang up by the hundred a second: measured by `npm run attack` alone, a table of known misses is in PERFORMANCE.md. */
const isShort = ({ name }: Attack) => !/^(reset|half-closed|conv1 as numbers, not read$)/.test(name);

const CASES = ATTACKS.filter((attack) => ALL || isShort(attack)).flatMap((attack) =>
  (ALL ? attack.connections : hurting(attack)).map((connections) => ({
    name: `${attack.name}, ${connections} connections`,
    attack,
    connections,
  })),
);

let target: Target;
let calm: Calm;
beforeAll(async () => {
  target = await Target.start(await selfHostFolder('self-host-hostile-long'));
  calm = await measureCalm(target);
});
afterAll(() => target.stop());

test.each(CASES)(
  '$name',
  async ({ attack, connections }) => {
    const row = await runAttack(target, attack, connections, SECONDS, calm);
    expectUnhurt(row, attack, target);
    if (ALL) expect(promptShare(row)).toBeGreaterThanOrEqual(0.95);
  },
  240_000,
);
