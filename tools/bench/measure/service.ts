// The Worker as it is deployed, under Miniflare: the time of a warm POST /v1/classify through HTTP, and the memory of
// its isolate and of its process against an empty Worker's.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { HeapProbe, type HeapUsage } from '../../workers/heap-probe.ts';
import { bundleWorker, defaultModelFile, startWorker } from '../../workers/local-worker.ts';
import { BenchError } from '../contender.ts';
import { startAndFind } from '../machine/workerd-process.ts';
import { type Timing, timingOf } from '../statistics.ts';
import { classify } from './cold.ts';

export interface ServiceFigures {
  /** Warm POST /v1/classify of a JPEG. */
  classify: Timing & { width: number; height: number; bytes: number };
  /** Undefined where the system has no /proc. */
  memory?: {
    /** Heap of the isolate after classifying, as the inspector protocol says. */
    heap_bytes: number;
    /** Linear memories and other array buffers of the isolate, as the inspector protocol says. */
    buffer_bytes: number;
    /** Resident memory of workerd after classifying, and of workerd with an empty Worker. */
    rss_bytes: number;
    empty_rss_bytes: number;
  };
}

const EMPTY_WORKER = `import { DurableObject } from 'cloudflare:workers';
export class HeadTrainer extends DurableObject {}
export default { fetch: () => new Response('') };
`;

async function emptyRss(): Promise<number> {
  const folder = path.join(import.meta.dirname, '../../../build/bench-empty');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'index.js'), EMPTY_WORKER);
  const { worker, rssBytes } = await startAndFind(() => startWorker({}, { folder }));
  try {
    await fetch(worker.url);
    return await rssBytes();
  } finally {
    await worker.stop();
  }
}

/** Asks the Worker's own isolate (workerd lists Miniflare's internal ones too). */
async function heapUsage(inspector: URL): Promise<HeapUsage> {
  const list = await fetch(new URL('/json', inspector.href.replace(/^ws/, 'http')));
  const targets = (await list.json()) as { id: string; webSocketDebuggerUrl: string }[];
  const target = targets.find(({ id }) => id.includes('alexnet-edge'));
  if (!target)
    throw new BenchError(`${inspector}: expected the Worker, found ${targets.map(({ id }) => id)}`);
  const probe = await HeapProbe.open(new URL(target.webSocketDebuggerUrl));
  try {
    return await probe.usage();
  } finally {
    probe.close();
  }
}

export interface Jpeg {
  file: Uint8Array;
  width: number;
  height: number;
}

/** @param onRequest called after each timed request, for the progress bar */
export async function measureService(
  { file, width, height }: Jpeg,
  requests: number,
  onRequest: (done: number) => void,
): Promise<ServiceFigures> {
  await bundleWorker();
  const { key, file: model } = await defaultModelFile();
  const empty = await emptyRss();
  const { worker, rssBytes } = await startAndFind(() =>
    startWorker({ MODEL: key }, { inspect: true, onLog: () => {} }),
  );
  try {
    await worker.bucket.put(key, await readFile(model));
    for (let i = 0; i < 20; i++) await classify(worker.url, file);
    const samples: number[] = [];
    for (let i = 0; i < requests; i++) {
      samples.push(await classify(worker.url, file));
      onRequest(i + 1);
    }
    const timing = { ...timingOf(samples), width, height, bytes: file.length };
    const resident = await rssBytes();
    if (!worker.inspector || resident === 0 || empty === 0) return { classify: timing };
    const heap = await heapUsage(worker.inspector);
    return {
      classify: timing,
      memory: {
        heap_bytes: heap.usedSize,
        buffer_bytes: heap.backingStorageSize,
        rss_bytes: resident,
        empty_rss_bytes: empty,
      },
    };
  } finally {
    await worker.stop();
  }
}
