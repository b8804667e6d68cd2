// Features of many photos, on all cores: a thread a core, each with an engine of its own; photos are handed out a few
// at a time.
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';

export interface ExtractReply {
  file: string;
  /** u7, by layer, then by view. */
  features?: Uint8Array[][];
  /** f32, by layer; where floats were asked for. */
  activations?: Float32Array[];
  /** Why the photo could not be read. */
  problem?: string;
}

export interface ExtractOptions {
  /** A packed model's file. */
  model: string;
  layers: readonly string[];
  mirror?: boolean;
  float?: boolean;
  /** 10: the mean of ten crops, floats only. */
  crops?: 1 | 10;
  progress: (done: number, total: number) => void;
}

const PHOTOS_AT_ONCE = 4;
const THREAD = path.join(import.meta.dirname, 'extract-thread.ts');

/** One reply a file, in the order of `files`. */
export async function extract(
  files: readonly string[],
  { model, layers, mirror = false, float = false, crops = 1, progress }: ExtractOptions,
): Promise<ExtractReply[]> {
  const replies = new Map<string, ExtractReply>();
  const queue = [...files];
  const threads = Math.max(1, Math.min(availableParallelism(), Math.ceil(files.length / PHOTOS_AT_ONCE)));
  const run = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(THREAD, { workerData: { model, layers: [...layers], mirror, float, crops } });
      let waiting = 0;
      worker.on('error', reject);
      worker.on('message', (message: ExtractReply | 'ready') => {
        if (message !== 'ready') {
          replies.set(message.file, message);
          progress(replies.size, files.length);
          waiting--;
        }
        if (waiting > 0) return;
        const next = queue.splice(0, PHOTOS_AT_ONCE);
        waiting = next.length;
        if (waiting > 0) worker.postMessage(next);
        else worker.terminate().then(() => resolve(), reject);
      });
    });
  await Promise.all(Array.from({ length: threads }, run));
  return files.map((file) => replies.get(file) ?? { file, problem: 'not read' });
}
