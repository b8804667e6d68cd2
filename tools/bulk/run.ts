// One run: what is not in the file of results yet, through the pool, into that file, the vectors and the folders.
import { OperatorError } from '../../weights/operator-error.ts';
import type { Reply, Task, ThreadOptions } from './classify-thread.ts';
import { copyInto, copyPath } from './folders.ts';
import { NpyRows } from './npy.ts';
import { csvHeader, Output } from './output.ts';
import type { Photos } from './photos.ts';
import { Pool, type PoolRates } from './pool.ts';
import { startRunProgress } from './progress.ts';

export interface RunOptions {
  photos: Photos;
  out: string;
  thread: ThreadOptions;
  threads?: number | undefined;
  /** File of vectors. */
  npy?: string | undefined;
  /** Where copies go. */
  folders?: string | undefined;
  again: boolean;
  /** Calls back what ends the run early; it goes on from there another time. */
  onStop(stop: () => void): void;
  print(line: string): void;
}

export interface RunResult {
  total: number;
  /** Photos that have a line now. */
  done: number;
  failed: ReadonlyMap<string, string>;
}

function sayRates(print: RunOptions['print'], photos: number, seconds: number, rates: PoolRates): void {
  const { threads, alone, together } = rates;
  print(`${photos} photos in ${seconds.toFixed(1)} s`);
  if (alone === undefined) return;
  const share = (100 * together) / (alone * threads);
  print(
    `${together.toFixed(1)} photos a second on ${threads} cores; one core alone does ${alone.toFixed(1)}: ` +
      `${share.toFixed(0)} % of ${threads} x ${alone.toFixed(1)}`,
  );
}

/** Copies are made while the run goes on; each is there before its photo's line is written. */
async function copyPhoto({ photos, folders }: RunOptions, name: string, label: string): Promise<void> {
  if (folders === undefined) return;
  await copyInto(copyPath(folders, label, name), photos.file(name) ?? (await photos.read(name)));
}

/** Throws OperatorError: those of the files, and when a copy cannot be made. */
export async function run(options: RunOptions): Promise<RunResult> {
  const { photos, out, thread, threads, npy, again, print } = options;
  const todo: string[] = [];
  let stopped = false;
  let writing = Promise.resolve();
  let failure: unknown;
  let vectors: NpyRows | undefined;
  let output: Output | undefined;

  const task = async (at: number): Promise<Task> => {
    const name = todo[at] ?? '';
    const file = photos.file(name);
    if (file !== undefined) return { at, name, file };
    try {
      return { at, name, bytes: await photos.read(name) };
    } catch (error) {
      return { at, name, unreachable: error instanceof Error ? error.message : String(error) };
    }
  };
  const write = async ({ at, text, label, problem, embedding }: Reply) => {
    const name = todo[at] ?? '';
    if (label !== undefined) await copyPhoto(options, name, label);
    if (embedding) vectors?.write(embedding);
    output?.write(name, text, problem);
  };
  const onReply = (reply: Reply) => {
    writing = writing.then(async () => {
      if (failure === undefined) await write(reply);
    });
    writing = writing.catch((error: unknown) => {
      failure ??= error;
      pool.stop();
    });
  };
  let onProgress = (_: number) => {};
  const started = await Pool.start({
    thread,
    threads,
    task,
    onReply,
    onProgress: (done) => onProgress(done),
  });
  const { pool, name, values } = started;
  try {
    const header = thread.format === 'csv' ? csvHeader(thread.topK) : '';
    output = Output.open(out, thread.format, header, name, again);
    if (npy !== undefined) vectors = NpyRows.open(npy, values, output.results);
    const { done } = output;
    todo.push(...photos.names.filter((photo) => !done.has(photo)));
    const before = photos.names.length - todo.length;
    if (before > 0) print(`${out}: ${before} photos are there already, ${todo.length} are left`);
    const progress = startRunProgress(before, photos.names.length);
    onProgress = (count) => progress.update(before + count);
    options.onStop(() => {
      stopped = true;
      pool.stop();
    });
    const from = performance.now();
    const rates = await pool.run(todo.length);
    await writing;
    progress.stop();
    if (failure !== undefined) throw failure;
    if (!stopped && todo.length > 0) sayRates(print, todo.length, (performance.now() - from) / 1000, rates);
    return { total: photos.names.length, done: output.done.size, failed: output.failed };
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw new OperatorError(error.message);
    throw error;
  } finally {
    vectors?.close();
    output?.close();
    await pool.close();
  }
}
