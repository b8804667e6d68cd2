// The first answer of a fresh Worker under Miniflare: the model is read from its bucket, checked and used. And the
// computing time of a warm request in plain workerd, with nothing simulated around it.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { defaultModelFile, startWorker } from '../workers/local-worker.ts';
import { bundleSelfHost, selfHostFolder, startPlainWorker } from '../workers/plain-worker.ts';
import { BenchError } from './contender.ts';
import { instructionFlags } from './machine.ts';
import { type Timing, timingOf } from './statistics.ts';
import { threadCpuMs } from './workerd-process.ts';

/** Requests of one sample of computing time: the system's accounting errs within one. */
const REQUESTS_PER_SAMPLE = 10;
const WARM_UPS = 40;

/** Posts a JPEG to be classified; the time of the answer, ms. Throws BenchError for another answer than 200. */
export async function classify(worker: URL, jpeg: Uint8Array): Promise<number> {
  const start = performance.now();
  const body = new Uint8Array(jpeg);
  const response = await fetch(new URL('/v1/classify', worker), { method: 'POST', body });
  const text = await response.text();
  if (!response.ok) throw new BenchError(`POST /v1/classify: expected status 200, found ${text}`);
  return performance.now() - start;
}

/** Wall clock of first answers, one a process. The Worker must be bundled. */
export async function measureCold(jpeg: Uint8Array, starts: number): Promise<Timing> {
  const { key, file } = await defaultModelFile();
  const model = await readFile(file);
  const samples: number[] = [];
  for (let i = 0; i < starts; i++) {
    const { bucket, url, stop } = await startWorker({ MODEL: key }, { onLog: () => {} });
    try {
      await bucket.put(key, model);
      // The connection, and what Miniflare does once.
      await (await fetch(new URL('/healthz', url))).text();
      samples.push(await classify(url, jpeg));
    } finally {
      await stop();
    }
  }
  return timingOf(samples);
}

/** Computing time of one warm request, ms: all of it, HTTP too. 0 where the system has no /proc. */
export async function measureRequestCpu(jpeg: Uint8Array, samples: number): Promise<Timing> {
  await bundleSelfHost();
  const folder = await selfHostFolder('bench-request');
  const config = path.join(folder, 'worker.capnp');
  const flags = instructionFlags().map((flag) => `"${flag}", `);
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace('v8Flags = [', `v8Flags = [${flags.join('')}`));
  const { url, pid, stop } = await startPlainWorker(folder);
  try {
    for (let i = 0; i < WARM_UPS; i++) await classify(url, jpeg);
    const found: number[] = [];
    for (let i = 0; i < samples; i++) {
      const before = await threadCpuMs(pid);
      for (let k = 0; k < REQUESTS_PER_SAMPLE; k++) await classify(url, jpeg);
      found.push(((await threadCpuMs(pid)) - before) / REQUESTS_PER_SAMPLE);
    }
    return timingOf(found);
  } finally {
    await stop();
  }
}
