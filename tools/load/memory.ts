// Memory of the Worker over time. An isolate's own: its wasm memories plus its JavaScript heap. The heap comes from the
// inspector (wasm is not in it); wasm memories are found in the process's map, where each is an accessible range
// that is followed by the rest of its reservation. Beside it the resident set of the whole process, which keeps what
// its allocator has freed.
import { readFileSync } from 'node:fs';
import type { HeapProbe } from '../workers/heap-probe.ts';

const MIB = 2 ** 20;
/** What V8 reserves for a wasm memory: its maximum (decode.wasm: 32 MiB; kernels: 4 GiB). */
const RESERVATIONS_MIB = [32, 4096];
const CAGE_BYTES = 2 ** 32;

export interface Sample {
  /** Since the first sample. */
  seconds: number;
  /** Resident set of the workerd process, MiB. */
  residentMib: number;
  /** Accessible wasm memory, MiB: of garbage that is not yet collected, too. */
  wasmMib: number;
  /** JavaScript heap in use and array buffers, MiB. */
  heapMib: number;
}

export function residentMib(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

interface Range {
  start: number;
  end: number;
  access: string;
}

export function wasmMib(pid: number): number {
  const ranges = readFileSync(`/proc/${pid}/maps`, 'utf8')
    .split('\n')
    .map((line) => /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line))
    .filter((found) => found !== null)
    .map(([, start = '', end = '', access = '']): Range => {
      return { start: Number.parseInt(start, 16), end: Number.parseInt(end, 16), access };
    });
  let bytes = 0;
  ranges.forEach(({ start, end, access }, i) => {
    const rest = ranges[i + 1];
    if (!rest || access !== 'rw-p' || rest.access !== '---p' || rest.start !== end) return;
    // The range of V8's own heap ends at a multiple of 4 GiB.
    if (rest.end % CAGE_BYTES === 0) return;
    if (RESERVATIONS_MIB.some((mib) => Math.abs((rest.end - start) / MIB - mib) < 1)) bytes += end - start;
  });
  return bytes / MIB;
}

/** Samples at intervals until stopped. */
export function watchMemory(pid: number, probe: HeapProbe, everyMs: number): { stop(): Sample[] } {
  const started = performance.now();
  const samples: Sample[] = [];
  const take = async () => {
    const { usedSize, backingStorageSize, embedderHeapUsedSize } = await probe.usage();
    const heapMib = (usedSize + backingStorageSize + embedderHeapUsedSize) / MIB;
    const seconds = (performance.now() - started) / 1000;
    samples.push({ seconds, residentMib: residentMib(pid), wasmMib: wasmMib(pid), heapMib });
  };
  void take();
  const timer = setInterval(() => void take(), everyMs);
  return {
    stop() {
      clearInterval(timer);
      return samples;
    },
  };
}

/** Growth of the resident set between the first and the last quarter of the samples after `fromSeconds`. */
export function growth(samples: readonly Sample[], fromSeconds: number): number {
  const late = samples.filter(({ seconds }) => seconds >= fromSeconds);
  const quarter = Math.max(1, Math.floor(late.length / 4));
  const mean = (some: readonly Sample[]) =>
    some.reduce((sum, sample) => sum + sample.residentMib, 0) / some.length;
  return mean(late.slice(-quarter)) / mean(late.slice(0, quarter)) - 1;
}
