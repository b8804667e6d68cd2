// Every attack at once: each connection plays one attack after the other, in a seeded order of its own.
import { randomNumbers } from '../fixtures/random.ts';
import type { Attack, Script, Step } from './script.ts';

const CONNECTIONS = 64;
/** How long one connection stays with one attack that would go on forever. */
const STAY_MS = 5000;

/** A script that ends by itself. */
function ending({ steps }: Script): Script {
  const bounded = steps.flatMap((step): Step[] => {
    if ('hold' in step) return [{ waitMs: STAY_MS }];
    if ('trickle' in step) return [{ ...step, everyMs: Math.min(step.everyMs, STAY_MS / 5) }];
    return [step];
  });
  return { steps: bounded };
}

/** One attack of many connections; a connection's script is drawn anew in each round. */
export function mixOf(attacks: readonly Attack[], connections = CONNECTIONS): Attack {
  const scripts = attacks.flatMap((attack) => attack.scripts.map(ending));
  const next = randomNumbers(13);
  const draw = () => scripts[Math.floor(next() * scripts.length)]?.steps ?? [];
  return {
    name: `mix of ${attacks.length} attacks`,
    connections: [connections],
    scripts: Array.from({ length: connections }, () => ({ draw, steps: [] })),
  };
}
