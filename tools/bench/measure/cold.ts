// The first answer of a fresh Worker under Miniflare: the model is read from its bucket, checked and used. And the
// computing time of a warm request in plain workerd, with nothing simulated around it.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { defaultModelFile, startWorker } from '../../workers/local-worker.ts';
import { bundleSelfHost, selfHostFolder, startPlainWorker } from '../../workers/plain-worker.ts';
import { BenchError } from '../contender.ts';
import { instructionFlags } from '../machine/machine.ts';
import { startAndFind, threadCpuMs } from '../machine/workerd-process.ts';
import { cpuNow, type Timing, timingOf } from '../statistics.ts';

/** Requests of one sample of computing time: the system's accounting errs within one. */
const REQUESTS_PER_SAMPLE = 10;
const WARM_UPS = 40;
const PAGE_BYTES = 4096;
const WASM_PAGE_BYTES = 65_536;

/** Posts a JPEG to be classified; the time of the answer, ms. Throws BenchError for another answer than 200. */
export async function classify(worker: URL, jpeg: Uint8Array): Promise<number> {
  const start = performance.now();
  const body = new Uint8Array(jpeg);
  const response = await fetch(new URL('/v1/classify', worker), { method: 'POST', body });
  const text = await response.text();
  if (!response.ok) throw new BenchError(`POST /v1/classify: expected status 200, found ${text}`);
  return performance.now() - start;
}

export interface ColdFigures {
  /** Wall clock of first answers, one a process, and the computing time of workerd's main thread. */
  wall: Timing;
  cpu: Timing;
  /** What the first touches alone of as many bytes as the model has take on this machine: virtual ones can be slow there. */
  touch_ms: number;
}

/** Writes a byte into each page of a fresh memory; computing time, ms. */
function firstTouches(bytes: number): number {
  // Fresh pages from the system: what an ArrayBuffer gets may have been touched before.
  const pages = Math.ceil(bytes / WASM_PAGE_BYTES);
  const memory = new Uint8Array(new WebAssembly.Memory({ initial: pages }).buffer);
  const start = cpuNow();
  for (let at = 0; at < bytes; at += PAGE_BYTES) memory[at] = 1;
  return cpuNow() - start;
}

/** The Worker must be bundled. */
export async function measureCold(jpeg: Uint8Array, starts: number): Promise<ColdFigures> {
  const { key, file } = await defaultModelFile();
  const model = await readFile(file);
  const wall: number[] = [];
  const cpu: number[] = [];
  const touches: number[] = [];
  for (let i = 0; i < starts; i++) {
    const { worker, cpuMs } = await startAndFind(() => startWorker({ MODEL: key }, { onLog: () => {} }));
    const { bucket, url, stop } = worker;
    try {
      await bucket.put(key, model);
      // The connection, and what Miniflare does once.
      await (await fetch(new URL('/healthz', url))).text();
      const before = await cpuMs();
      wall.push(await classify(url, jpeg));
      cpu.push((await cpuMs()) - before);
      touches.push(firstTouches(model.byteLength));
    } finally {
      await stop();
    }
  }
  return { wall: timingOf(wall), cpu: timingOf(cpu), touch_ms: timingOf(touches).median };
}

export interface RequestCpu {
  /** Computing time of one warm request: all of it, HTTP too. 0 where the system has no /proc. */
  request: Timing;
  /** Of one pass, measured in turn. */
  pass: Timing;
}

/** @param pass the computing time of one pass in workerd, ms */
export async function measureRequestCpu(
  jpeg: Uint8Array,
  samples: number,
  pass: () => Promise<number>,
): Promise<RequestCpu> {
  await bundleSelfHost();
  const folder = await selfHostFolder('bench-request');
  const config = path.join(folder, 'worker.capnp');
  const flags = instructionFlags().map((flag) => `"${flag}", `);
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace('v8Flags = [', `v8Flags = [${flags.join('')}`));
  const { url, pid, stop } = await startPlainWorker(folder);
  try {
    for (let i = 0; i < WARM_UPS; i++) await classify(url, jpeg);
    const requests: number[] = [];
    const passes: number[] = [];
    for (let i = 0; i < samples; i++) {
      passes.push(await pass());
      const before = await threadCpuMs(pid);
      for (let k = 0; k < REQUESTS_PER_SAMPLE; k++) await classify(url, jpeg);
      requests.push(((await threadCpuMs(pid)) - before) / REQUESTS_PER_SAMPLE);
    }
    return { request: timingOf(requests), pass: timingOf(passes) };
  } finally {
    await stop();
  }
}
