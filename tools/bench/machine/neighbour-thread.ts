// One thread of neighbours.ts: reads its memory again and again, a cache line at a time, until it is ended.
import { parentPort, workerData } from 'node:worker_threads';

const LINE_BYTES = 64;

const { read, bytes } = workerData as { read: SharedArrayBuffer; bytes: number };
const counter = new BigInt64Array(read);
const memory = new Float64Array(bytes / 8).fill(1);
let sum = 0;
parentPort?.postMessage('reading');
for (;;) {
  for (let i = 0; i < memory.length; i += LINE_BYTES / 8) sum += memory[i] ?? 0;
  // The sum is used, so that nothing is left out.
  if (sum < 0) throw new RangeError('expected a sum of ones');
  Atomics.add(counter, 0, BigInt(bytes));
}
