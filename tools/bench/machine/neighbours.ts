// Other tenants of a shared server: threads that read memory as fast as they can, on the other cores, while everything is
// measured. A pass reads its weights from what they leave.
import path from 'node:path';
import { Worker } from 'node:worker_threads';

/** More than the caches of a server's core hold, each. */
const BYTES = 256 << 20;

export interface Neighbours {
  /** What all of them together have read so far, GB/s. */
  gbytes(): number;
  stop(): Promise<void>;
}

export async function startNeighbours(count: number): Promise<Neighbours> {
  const read = new BigInt64Array(new SharedArrayBuffer(8));
  const script = path.join(import.meta.dirname, 'neighbour-thread.ts');
  const workers = Array.from(
    { length: count },
    () => new Worker(script, { workerData: { read: read.buffer, bytes: BYTES } }),
  );
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
  const started = performance.now();
  const before = Atomics.load(read, 0);
  return {
    gbytes: () => Number(Atomics.load(read, 0) - before) / (performance.now() - started) / 1e6,
    async stop() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
