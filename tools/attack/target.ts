// The service under attack: the self-hosted Worker, its memory and its CPU time. Peaks are of the time since `reset`.
// Source: proc(5) (stat, status, clear_refs).
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { wasmMib } from '../load/memory.ts';
import { HeapProbe } from '../workers/heap-probe.ts';
import { type PlainWorker, startPlainWorker } from '../workers/plain-worker.ts';

const MIB = 2 ** 20;
/** The clock ticks of /proc/PID/stat; Linux has 100 a second on every platform that Node runs on. */
const TICKS_PER_S = 100;
const SAMPLE_MS = 250;
const ANSWER_MS = 5000;

export class Target {
  readonly #worker: PlainWorker;
  readonly #probe: HeapProbe;
  readonly #timer: NodeJS.Timeout;
  #pending: Promise<number> | undefined;
  #peakMib = 0;

  private constructor(worker: PlainWorker, probe: HeapProbe) {
    this.#worker = worker;
    this.#probe = probe;
    this.#timer = setInterval(() => void this.#sample(), SAMPLE_MS);
  }

  /** Starts the folder's Worker and warms it. */
  static async start(folder: string): Promise<Target> {
    const worker = await startPlainWorker(folder);
    await fetch(new URL('/readyz?warm=1', worker.url));
    return new Target(worker, await HeapProbe.open(worker.inspector));
  }

  get url(): URL {
    return this.#worker.url;
  }

  /** How the process ended, and what it said of it. */
  get lastWords(): string {
    const said = this.#worker.log.find((line) => /fatal|heap|out of memory/i.test(line)) ?? '';
    return `ended with ${this.#worker.ended}: ${said.slice(0, 160)}`;
  }

  get alive(): boolean {
    return this.#worker.ended === undefined;
  }

  /** CPU seconds of the process so far; of a process that has ended, 0. */
  cpuSeconds(): number {
    if (!this.alive) return 0;
    const [, rest = ''] = readFileSync(`/proc/${this.#worker.pid}/stat`, 'utf8').split(') ');
    const fields = rest.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
  }

  /** Peaks begin here. */
  reset(): void {
    this.#peakMib = 0;
    if (this.alive) writeFileSync(`/proc/${this.#worker.pid}/clear_refs`, '5');
  }

  /** wasm memories, heap and buffers of the isolate at their largest, garbage included, as sampled each 250 ms. */
  get peakIsolateMib(): number {
    return this.#peakMib;
  }

  /** Largest resident set of the process. */
  get peakResidentMib(): number {
    if (!this.alive) return Number.NaN;
    const status = readFileSync(`/proc/${this.#worker.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  /** wasm memories, heap and buffers of the isolate now; NaN when it does not tell within some seconds. */
  isolateMib(): Promise<number> {
    // A busy isolate is not asked again before it has answered.
    this.#pending ??= this.#measure().finally(() => {
      this.#pending = undefined;
    });
    return Promise.race([this.#pending, sleep(ANSWER_MS, Number.NaN, { ref: false })]);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#probe.close();
    await this.#worker.stop();
  }

  async #measure(): Promise<number> {
    const { usedSize, backingStorageSize, embedderHeapUsedSize } = await this.#probe.usage();
    const heap = (usedSize + backingStorageSize + embedderHeapUsedSize) / MIB;
    return this.alive ? heap + wasmMib(this.#worker.pid) : 0;
  }

  async #sample(): Promise<void> {
    if (this.#pending || !this.alive) return;
    // A process that ends meanwhile has no more memory to tell of.
    this.#peakMib = Math.max(this.#peakMib, (await this.isolateMib().catch(() => 0)) || 0);
  }
}
