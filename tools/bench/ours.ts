// Ours as contenders: the engine in this process, and the same engine in workerd (a Worker that only computes, under
// Miniflare, timed by its own clock, and by its process's computing time less that of an empty request: net of HTTP).
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Engine } from '../../src/engine/engine.ts';
import { bundleWorker, startWorker } from '../workers/local-worker.ts';
import { BenchError, type Contender } from './contender.ts';
import { startAndFind } from './machine/workerd-process.ts';

/** Passes of one request: the clock ticks in milliseconds. */
export const WORKERD_PASSES = 10;

export function oursInNode(engine: Engine): Contender {
  return {
    name: 'ours-node',
    detail: `Node ${process.versions.node}, V8 ${process.versions.v8}`,
    forward: (picture) => async () => engine.run([picture])[0]?.logits ?? new Float32Array(0),
    close: async () => {},
  };
}

export async function oursInWorkerd(file: string): Promise<Contender> {
  const folder = path.join(import.meta.dirname, '../../build/bench-bundle');
  await bundleWorker('tools/bench/forward/worker.ts', folder);
  const { worker, cpuMs } = await startAndFind(() => startWorker({}, { folder, main: 'worker.js' }));
  const { url, stop } = worker;
  const post = async (route: string, body: Uint8Array) => {
    const response = await fetch(new URL(route, url), { method: 'POST', body: new Uint8Array(body) });
    if (!response.ok) throw new BenchError(`${route}: expected success, found ${response.status}`);
    return response;
  };
  await post('/weights', await readFile(file));
  const forward = async (picture: Uint8Array, count: number) => {
    const response = await post(`/forward?count=${count}`, picture);
    return (await response.json()) as { ms: number; logits: number[] };
  };
  return {
    name: 'ours-workerd',
    detail: `workerd through Miniflare, mean of ${WORKERD_PASSES} passes a sample`,
    forward: (picture) => async () => Float32Array.from((await forward(picture, 1)).logits),
    async time(picture) {
      const before = await cpuMs();
      await forward(picture, 0);
      const between = await cpuMs();
      const { ms } = await forward(picture, WORKERD_PASSES);
      const cpu = (await cpuMs()) - between - (between - before);
      return { wall: ms / WORKERD_PASSES, cpu: cpu / WORKERD_PASSES };
    },
    close: stop,
  };
}
