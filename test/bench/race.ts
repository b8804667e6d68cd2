// The race: every contender answers first (same class, nearly the same logits), then all are timed in turn, so that
// a busy minute of the machine hits them all.
import { BenchError, type Contender } from './contender.ts';
import { argmax, cosine, type Timing, timingOf } from './statistics.ts';

/** Int8 peers quantise activations with fixed ranges; the logits of float ones differ by our own rounding only. */
const LEAST_COSINE = 0.99;

export interface Verified {
  name: string;
  detail: string;
  /** Smallest cosine of the logits to the first contender's. */
  cosine: number;
}

export interface RaceRow extends Verified, Timing {}

/** Throws BenchError when a contender answers otherwise than the first. */
export async function verifyAll(contenders: Contender[], pictures: Uint8Array[]): Promise<Verified[]> {
  const rows = contenders.map(({ name, detail }) => ({ name, detail, cosine: 1 }));
  for (const [index, picture] of pictures.entries()) {
    let expected: Float32Array | undefined;
    for (const [place, contender] of contenders.entries()) {
      const logits = await contender.forward(picture)();
      expected ??= logits;
      const near = cosine(expected, logits);
      const row = rows[place];
      if (row) row.cosine = Math.min(row.cosine, near);
      if (argmax(logits) !== argmax(expected) || !(near >= LEAST_COSINE))
        throw new BenchError(
          `${contender.name}: expected class ${argmax(expected)} and a cosine of at least ${LEAST_COSINE} to ` +
            `${contenders[0]?.name} on picture ${index}, found ${argmax(logits)} and ${near.toFixed(5)}`,
        );
    }
  }
  return rows;
}

/** @param each called after every round, for measurements that share the minute, and for the progress bar */
export async function race(
  contenders: Contender[],
  picture: Uint8Array,
  rounds: number,
  warmUps: number,
  each: (round: number) => void | Promise<void>,
): Promise<Map<string, Timing>> {
  const runs = contenders.map((contender) => {
    const pass = contender.forward(picture);
    const inside = contender.time;
    return {
      name: contender.name,
      samples: [] as number[],
      time: async () => {
        if (inside) return inside(picture);
        const start = performance.now();
        await pass();
        return performance.now() - start;
      },
    };
  });
  for (const run of runs) for (let i = 0; i < warmUps; i++) await run.time();
  for (let round = 0; round < rounds; round++) {
    for (const run of runs) run.samples.push(await run.time());
    await each(round);
  }
  return new Map(runs.map(({ name, samples }) => [name, timingOf(samples)]));
}
