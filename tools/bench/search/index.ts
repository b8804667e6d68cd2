// `node tools/bench/search/index.ts [PHOTOS]`: the time of a search in an index that is in memory, in workerd.
import path from 'node:path';
import { build } from '../../../assembly/build.ts';
import { bundleWorker, startWorker } from '../../workers/local-worker.ts';

const SEARCHES = 20;
const REPEATS = 10;

const photos = Number(process.argv[2] ?? 100_000);
const folder = path.join(import.meta.dirname, '../../../build/bench-search');
await build(process.env.KERNELS ?? 'relaxed', false);
await bundleWorker('tools/bench/search/worker.ts', folder);
const { url, stop } = await startWorker({}, { folder, main: 'worker.js' });
try {
  await fetch(new URL(`/fill?photos=${photos}`, url), { method: 'POST' });
  const times: number[] = [];
  let bytes = 0;
  for (let i = 0; i < REPEATS; i++) {
    const response = await fetch(new URL(`/search?count=${SEARCHES}`, url), { method: 'POST' });
    const answer = (await response.json()) as { ms: number; bytes: number };
    times.push(answer.ms / SEARCHES);
    bytes = answer.bytes;
  }
  times.sort((a, b) => a - b);
  console.log(
    `${photos} photos, ${bytes} bytes (${Math.round((bytes / photos) * 10_000)} for 10,000): a search takes ` +
      `${times[0]?.toFixed(2)} ms at best, ${times[Math.floor(REPEATS / 2)]?.toFixed(2)} ms at the median of ${REPEATS} times ${SEARCHES}`,
  );
} finally {
  await stop();
}
