// The whole table of attacks against the self-hosted Worker with its heap cap, with every number of connections, for as
// long as `npm run attack` takes (about an hour): only with ATTACKS=all. Those marked short are in attacks.test.ts.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { promptShare } from '../../tools/attack/bars.ts';
import { type Calm, measureCalm, runAttack } from '../../tools/attack/run.ts';
import { ATTACKS } from '../../tools/attack/table/index.ts';
import { Target } from '../../tools/attack/target.ts';
import { selfHostFolder } from '../../tools/workers/plain-worker.ts';
import { expectUnhurt } from './unhurt.ts';

const SECONDS = 15;

const CASES = ATTACKS.flatMap((attack) =>
  attack.connections.map((connections) => ({
    name: `${attack.name}, ${connections} connections`,
    attack,
    connections,
  })),
);

describe.skipIf(process.env.ATTACKS !== 'all')('the whole table', () => {
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
      expect(promptShare(row)).toBeGreaterThanOrEqual(0.95);
    },
    240_000,
  );
});
