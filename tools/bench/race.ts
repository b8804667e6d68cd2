// The race: every contender answers first (same class, nearly the same logits), then all are timed in turn, so that
// a busy minute of the machine hits them all. A turn is two passes, of which the second is timed.
import { BenchError, type Contender, type Sample } from './contender.ts';
import { argmax, cosine, cpuNow, type Timing, timingOf } from './statistics.ts';

/** Int8 peers quantise activations with fixed ranges; the logits of float ones differ by our own rounding only. */
const LEAST_COSINE = 0.99;

export interface Verified {
  name: string;
  detail: string;
  /** Smallest cosine of the logits to the first contender's. */
  cosine: number;
}

export interface RaceTiming {
  wall: Timing;
  /** Its median counts: the system's accounting errs to both sides within a pass. */
  cpu: Timing;
}

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
): Promise<Map<string, RaceTiming>> {
  const runs = contenders.map((contender) => {
    const pass = contender.forward(picture);
    const inside = contender.time;
    return {
      name: contender.name,
      samples: [] as Sample[],
      time: async (): Promise<Sample> => {
        if (inside) return inside(picture);
        // Untimed: nobody pays for the caches that the contender before has filled with weights of its own.
        await pass();
        const [wall, cpu] = [performance.now(), cpuNow()];
        await pass();
        return { cpu: cpuNow() - cpu, wall: performance.now() - wall };
      },
    };
  });
  for (const run of runs) for (let i = 0; i < warmUps; i++) await run.time();
  for (let round = 0; round < rounds; round++) {
    for (const run of runs) run.samples.push(await run.time());
    await each(round);
  }
  return new Map(
    runs.map(({ name, samples }) => [
      name,
      {
        wall: timingOf(samples.map(({ wall }) => wall)),
        cpu: timingOf(samples.map(({ cpu }) => cpu)),
      },
    ]),
  );
}

/** How a report names a contender's timing: by the wall clock, and by the thread's computing time. */
export interface TimingRow {
  name: string;
  min_ms: number;
  median_ms: number;
  cpu_median_ms: number;
}

export function timingRow({ wall, cpu }: RaceTiming): Omit<TimingRow, 'name'> {
  return { min_ms: wall.min, median_ms: wall.median, cpu_median_ms: cpu.median };
}
