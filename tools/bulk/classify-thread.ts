// One thread of a run: an engine and a decoder of its own, and the Worker's own classifier over them, whose budget has
// no limit here. Groups of photos come in, a text for the file of results goes out for each.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import * as v from 'valibot';
import type { HeldPicture } from '../../src/classify/classifier.ts';
import { Classifier } from '../../src/classify/classifier.ts';
import { emptyLog } from '../../src/classify/request-log.ts';
import { ServiceError } from '../../src/errors.ts';
import type { ServedHead } from '../../src/heads/catalog.ts';
import { decodeHead } from '../../src/heads/file.ts';
import { ImageDecoder } from '../../src/image/decoder.ts';
import { imageLimits } from '../../src/image/limits.ts';
import { Budget, createShared, DEFAULT_BUDGET } from '../../src/isolate/budget.ts';
import { openEngine } from '../../weights/packed/engine.ts';
import { problemText, resultText } from './output.ts';

const root = path.join(import.meta.dirname, '../..');
const NONE = 'none of these';

export const ThreadOptions = v.object({
  /** A packed model's file. */
  model: v.string(),
  /** A head's file. */
  head: v.optional(v.string()),
  format: v.picklist(['ndjson', 'csv']),
  topK: v.number(),
  crops: v.picklist([1, 10]),
  exif: v.picklist(['apply', 'ignore']),
  reject: v.number(),
  include: v.array(v.picklist(['logits', 'embedding'])),
  /** Whether vectors are wanted. */
  embeddings: v.boolean(),
});
export type ThreadOptions = v.InferOutput<typeof ThreadOptions>;

/** A photo to classify. */
export interface Task {
  at: number;
  name: string;
  file?: string | undefined;
  bytes?: Uint8Array | undefined;
  /** Why there are no bytes. */
  unreachable?: string | undefined;
}

export interface Reply {
  at: number;
  text: string;
  /** The class, or that it is none. */
  label?: string;
  problem?: string;
  embedding?: Float32Array;
}

export type Message = { ready: { name: string; values: number } } | { replies: Reply[] };

const Tasks = v.array(
  v.object({
    at: v.number(),
    name: v.string(),
    file: v.optional(v.string()),
    bytes: v.optional(v.instance(Uint8Array)),
    unreachable: v.optional(v.string()),
  }),
);

/** Nobody else waits for this core. */
class OwnCore extends Budget {
  override async turn(): Promise<void> {}
}

const options = v.parse(ThreadOptions, workerData);
const { format, topK, crops, exif, reject, include } = options;
const engine = await openEngine(options.model);
const head: ServedHead | undefined = options.head
  ? await decodeHead(new Uint8Array(await readFile(options.head)))
  : undefined;
const decoder = new ImageDecoder(
  // The Worker's types declare the constructor abstract; Node has it.
  Reflect.construct(WebAssembly.Module, [await readFile(path.join(root, 'build/decode.wasm'))]),
);
const shared = createShared({ memoryBytes: 2 ** 40, largeBytes: 2 ** 40 });
const limits = { ...imageLimits({}), bytes: 2 ** 30 };

async function makeClassifier(): Promise<Classifier> {
  const classifier = new Classifier({
    model: {
      describe: async () => engine.info,
      load: async () => engine,
      // A trap ends the run: the engine's memory cannot be trusted any more.
      drop() {},
      warm: true,
      reads: 1,
    },
    decoder,
    limits,
    findHead: async () => head,
    headNames: async () => [],
    storedModel: async () => undefined,
    budget: new OwnCore(shared, { ...DEFAULT_BUDGET, workMs: Number.POSITIVE_INFINITY }),
    log: emptyLog(),
  });
  if (head) await classifier.useHeads([head.head.facts.name]);
  return classifier;
}

function asServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError && error.code !== 'engine-trap') return error;
  if (error instanceof Error && 'syscall' in error)
    return new ServiceError('photo-missing', `the file could not be read: ${error.message}`);
  throw error;
}

interface Opened extends Task {
  /** The file, as it is being read. */
  whole: Promise<Uint8Array>;
}

/** Files are read while the group before is computed. */
function open(task: Task): Opened {
  const { bytes, file = '', unreachable } = task;
  const whole =
    unreachable === undefined
      ? Promise.resolve(bytes ?? readFile(file))
      : Promise.reject(new ServiceError('photo-unreachable', unreachable));
  // It is awaited in its turn.
  whole.catch(() => undefined);
  return { ...task, whole };
}

async function classify(tasks: readonly Opened[]): Promise<Reply[]> {
  const classifier = await makeClassifier();
  const replies: Reply[] = [];
  const read: { task: Opened; picture: HeldPicture }[] = [];
  try {
    for (const task of tasks)
      try {
        const picture = await classifier.read(new Uint8Array(await task.whole), { crops, exif });
        read.push({ task, picture });
      } catch (thrown) {
        const error = asServiceError(thrown);
        replies.push({ at: task.at, text: problemText(format, task.name, error), problem: error.message });
      }
    const { model, results } = await classifier.classifyPictures(
      read.map(({ picture }) => picture),
      { crops, exif },
    );
    read.forEach(({ task: { at, name } }, i) => {
      const result = results[i];
      if (!result) return;
      const none = result.known !== undefined && result.known < reject;
      const best =
        model.labels[result.prediction.probabilities.indexOf(Math.max(...result.prediction.probabilities))];
      replies.push({
        at,
        text: resultText(format, name, result, model, { topK, minScore: 0, reject, include }),
        label: none || !best ? NONE : best.words,
        ...(options.embeddings ? { embedding: result.prediction.embedding } : {}),
      });
    });
  } finally {
    classifier.finish();
  }
  return replies;
}

const blank = new Uint8Array(engine.info.network.input.size ** 2 * 3).fill(128);
const first = await makeClassifier();
const { model, results } = await first.classifyPixels(() => [blank]);
first.finish();
const [said] = results;

/** One group after the other. */
let working = Promise.resolve();
parentPort?.on('message', (message: unknown) => {
  const tasks = v.parse(Tasks, message).map(open);
  working = working.then(async () => {
    const replies = await classify(tasks);
    parentPort?.postMessage({ replies } satisfies Message);
  });
});
parentPort?.postMessage({
  ready: { name: model.name, values: said?.prediction.embedding.length ?? 0 },
} satisfies Message);
