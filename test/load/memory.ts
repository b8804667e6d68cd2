// Memory of the Worker's process over time: resident bytes from /proc, and the isolate's JavaScript heap from the
// inspector (wasm memory is not in it).
import { readFileSync } from 'node:fs';

const MIB = 2 ** 20;

export interface Sample {
  /** Since the first sample. */
  seconds: number;
  /** Resident set of the workerd process, MiB: the isolate and the runtime. */
  residentMib: number;
  /** JavaScript heap and array buffers, MiB. */
  heapMib: number;
}

export function residentMib(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Asks the inspector for the heap's size. */
export class HeapProbe {
  readonly #socket: WebSocket;
  #id = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static async open(inspector: URL): Promise<HeapProbe> {
    const socket = new WebSocket(inspector.href);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true });
      socket.addEventListener('error', () => reject(new Error('the inspector refused')), { once: true });
    });
    return new HeapProbe(socket);
  }

  async heapMib(): Promise<number> {
    const id = ++this.#id;
    const answer = new Promise<Record<string, number>>((resolve) => {
      const listen = ({ data }: MessageEvent) => {
        const message = JSON.parse(String(data));
        if (message.id !== id) return;
        this.#socket.removeEventListener('message', listen);
        resolve(message.result);
      };
      this.#socket.addEventListener('message', listen);
    });
    this.#socket.send(JSON.stringify({ id, method: 'Runtime.getHeapUsage' }));
    const { totalSize = 0, backingStorageSize = 0, embedderHeapUsedSize = 0 } = await answer;
    return (totalSize + backingStorageSize + embedderHeapUsedSize) / MIB;
  }

  close(): void {
    this.#socket.close();
  }
}

/** Samples at intervals until stopped. */
export function watchMemory(pid: number, probe: HeapProbe, everyMs: number): { stop(): Sample[] } {
  const started = performance.now();
  const samples: Sample[] = [];
  const take = async () => {
    const seconds = (performance.now() - started) / 1000;
    samples.push({ seconds, residentMib: residentMib(pid), heapMib: await probe.heapMib() });
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
    some.reduce((sum, { residentMib }) => sum + residentMib, 0) / some.length;
  return mean(late.slice(-quarter)) / mean(late.slice(0, quarter)) - 1;
}
