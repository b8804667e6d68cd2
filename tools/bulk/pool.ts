// All cores: a thread each, groups of photos handed out as threads become free, replies given back in the order of the
// photos. First every thread gets one group, so that its code is compiled; then one thread works alone for a moment,
// which says what one core does; then all do.
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Message, Reply, Task, ThreadOptions } from './classify-thread.ts';

const THREAD = path.join(import.meta.dirname, 'classify-thread.ts');
const GROUP_PHOTOS = 16;
/** Groups that a thread has at once: one to compute, one to read. */
const GROUPS = 2;
/** Photos of the time alone: a fiftieth of all, within these. */
const ALONE = { least: 16, most: 64 };
/** With fewer photos nothing is said of one core. */
const MEASURED_PHOTOS = 200;

export interface PoolOptions {
  thread: ThreadOptions;
  threads?: number | undefined;
  /** The task of a photo, by its place. */
  task(at: number): Promise<Task>;
  /** In the order of the photos. */
  onReply(reply: Reply): void;
  onProgress(done: number): void;
}

export interface PoolRates {
  threads: number;
  /** Photos a second of one core; undefined: not measured. */
  alone: number | undefined;
  /** Photos a second of all threads, while all worked. */
  together: number;
}

interface Thread {
  worker: Worker;
  /** Photos that it has, by groups. */
  groups: number[];
}

function nextMessage(worker: Worker): Promise<Message> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (message: Message) => {
      worker.off('error', reject);
      resolve(message);
    });
  });
}

export class Pool {
  readonly #options: PoolOptions;
  readonly #threads: Thread[];
  #stopped = false;

  private constructor(options: PoolOptions, workers: Worker[]) {
    this.#options = options;
    this.#threads = workers.map((worker) => ({ worker, groups: [] }));
  }

  /** Starts the threads. @returns the pool, the model's name and the number of values of a vector */
  static async start(options: PoolOptions): Promise<{ pool: Pool; name: string; values: number }> {
    const count = options.threads ?? availableParallelism();
    const workers = Array.from({ length: count }, () => new Worker(THREAD, { workerData: options.thread }));
    const [first] = await Promise.all(workers.map(nextMessage));
    if (!first || !('ready' in first)) throw new Error('expected a thread that is ready');
    return { pool: new Pool(options, workers), ...first.ready };
  }

  /** Hands out nothing more; what is handed out is finished. */
  stop(): void {
    this.#stopped = true;
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  /** Classifies photos 0 to `count` - 1. Rejects when a thread fails. */
  run(count: number): Promise<PoolRates> {
    const { onReply, onProgress } = this.#options;
    const waiting = new Map<number, Reply>();
    const [one] = this.#threads;
    const measured = count >= MEASURED_PHOTOS && this.#threads.length > 1;
    const alonePhotos = measured ? Math.min(ALONE.most, Math.max(ALONE.least, Math.floor(count / 50))) : 0;
    let phase: 'first' | 'alone' | 'together' = 'first';
    let phaseStarted = performance.now();
    let phaseFrom = 0;
    let next = 0;
    let done = 0;
    let given = 0;
    let alone: number | undefined;

    const rate = () => (done - phaseFrom) / Math.max((performance.now() - phaseStarted) / 1000, 1e-3);
    const enter = (name: typeof phase) => {
      phase = name;
      phaseStarted = performance.now();
      phaseFrom = done;
    };
    return new Promise((resolve, reject) => {
      const send = async (thread: Thread, photos: number) => {
        const places = Array.from({ length: photos }, () => next++);
        thread.groups.push(photos);
        const tasks = await Promise.all(places.map((at) => this.#options.task(at)));
        thread.worker.postMessage(tasks);
      };
      const group = () => {
        const share = Math.ceil((count - next) / (this.#threads.length * GROUPS));
        return Math.max(0, Math.min(GROUP_PHOTOS, share, count - next));
      };
      const feed = () => {
        if (this.#stopped) return;
        const idle = this.#threads.every(({ groups }) => groups.length === 0);
        if (phase === 'first' && idle && done > 0) enter(measured ? 'alone' : 'together');
        if (phase === 'alone' && idle && done - phaseFrom >= alonePhotos) {
          alone = rate();
          enter('together');
        }
        for (const thread of this.#threads) {
          const wanted =
            phase === 'first' ? (done === 0 ? 1 : 0) : phase === 'alone' && thread !== one ? 0 : GROUPS;
          while (thread.groups.length < wanted && next < count) {
            const left = alonePhotos - (next - phaseFrom);
            const photos = phase === 'alone' ? Math.min(group(), Math.max(left, 0)) : group();
            if (photos === 0) break;
            send(thread, photos).catch(reject);
          }
        }
      };
      const end = () => {
        const busy = this.#threads.some(({ groups }) => groups.length > 0);
        if (busy || (!this.#stopped && done < count)) return;
        resolve({ threads: this.#threads.length, alone, together: rate() });
      };
      for (const thread of this.#threads) {
        thread.worker.on('error', reject);
        thread.worker.on('message', (message: Message) => {
          if (!('replies' in message)) return;
          thread.groups.shift();
          done += message.replies.length;
          for (const reply of message.replies) waiting.set(reply.at, reply);
          for (let reply = waiting.get(given); reply; reply = waiting.get(given)) {
            waiting.delete(given++);
            onReply(reply);
          }
          onProgress(done);
          feed();
          end();
        });
      }
      feed();
      end();
    });
  }
}
