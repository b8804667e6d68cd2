// The Durable Object of one head: the one writer of it. It keeps the examples, trains in pieces while others get their
// turns, and publishes in the bucket, which is all that the classifying isolates read. Nothing of a training is kept
// before it is published, so an object that is killed in the middle of one leaves the old head in use.
import { DurableObject } from 'cloudflare:workers';
import { ServiceError } from '../errors.ts';
import { encodeHead } from '../heads/file.ts';
import { publishVersion, removeHead, rollBack } from '../heads/publish.ts';
import { checkHeadName, headVersion } from '../heads/published.ts';
import { type DotProducts, type Trained, trainingMacs, trainSteps } from '../heads/train.ts';
import { Budget, DEFAULT_BUDGET, type Shared } from '../isolate/budget.ts';
import { type Reply, replyOf } from '../isolate/reply.ts';
import type { ModelBindings } from '../model/bindings.ts';
import { storedObjects } from '../model/objects.ts';
import { type Backbone, checkLabel, type ExampleLimits, ExampleStore } from './example-store.ts';

export interface TrainerParts {
  /** The kernels' dot products. */
  dotProducts: DotProducts;
  shared: Shared;
}

export interface TrainLimits {
  /** Work of one training, ms of one core as estimated from sizes. */
  workMs: number;
}

export interface Added {
  examples: { id: string; added: boolean }[];
  /** Of the class. */
  photos: number;
}

export interface Suspicious {
  id: string;
  label: string;
  /** Probability of its own class, left out; and the class that it is taken for. */
  own: number;
  predicted: string;
}

export interface TrainedHead {
  version: string;
  versions: string[];
  layer: string;
  lambda: number;
  labels: string[];
  photos: number[];
  strangers: number;
  correct: number;
  bytes: number;
  suspicious: Suspicious[];
}

/** Multiply-adds of a training in a millisecond, on the slower kind of processor. */
const MACS_PER_MS = 300_000;
/** What a training holds beside its matrices, for each photo: features, and their copies in the kernels' memory. */
const ID_BYTES = 8;
const SUSPICIOUS = 10;
/** Trainings and the like that wait for each other. */
const MAX_QUEUED = 4;

async function idOf(features: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', features));
  return digest.slice(0, ID_BYTES).toHex();
}

/** The photos that contradict their class the most. */
function suspiciousOf({ head, leftOut }: Trained, ids: readonly string[]): Suspicious[] {
  const { labels } = head.facts;
  return leftOut
    .filter(({ label, predicted }) => label !== predicted)
    .sort((a, b) => a.own - b.own)
    .slice(0, SUSPICIOUS)
    .map(({ example, label, own, predicted }) => ({
      id: ids[example] ?? '',
      label: labels[label] ?? '',
      own,
      predicted: labels[predicted] ?? '',
    }));
}

/** The class to export from the Worker's entry. */
export function headTrainer({ dotProducts, shared }: TrainerParts) {
  return class HeadTrainer extends DurableObject<ModelBindings> {
    readonly #store = new ExampleStore(this.ctx.storage);
    /** What changes the published head is done one after the other. */
    #last: Promise<unknown> = Promise.resolve();
    #queued = 0;

    /** @param features u7 of all layers, one after the other, for each photo */
    add(
      label: string,
      features: readonly Uint8Array<ArrayBuffer>[],
      backbone: Backbone,
      limits: ExampleLimits,
    ): Promise<Reply<Added>> {
      return replyOf(async () => {
        checkLabel(label);
        const examples = await Promise.all(
          features.map(async (each) => ({ id: await idOf(each), features: each })),
        );
        const added = this.#store.add(label, examples, backbone, limits);
        const photos = this.#store.classes().find((each) => each.label === label)?.photos ?? 0;
        return { examples: examples.map(({ id }, i) => ({ id, added: added[i] ?? false })), photos };
      });
    }

    /** What there is to train on. */
    examples(): { backbone: Backbone | undefined; ids: { label: string; id: string }[] } {
      return { backbone: this.#store.backbone, ids: this.#store.ids() };
    }

    /** Takes one example away, or all of a class. @returns how many */
    removeExamples(label: string, id?: string): number {
      return this.#store.remove(label, id);
    }

    /** Trains on all examples and publishes. Reply: bad-examples, too-much-work, too-many-requests, those of the bucket. */
    train(name: string, limits: TrainLimits): Promise<Reply<TrainedHead>> {
      return replyOf(() =>
        this.#inTurn(async () => {
          const { backbone } = this.#store;
          const { examples, ids } = this.#store.all();
          const trained = await this.#trained(name, examples, backbone, limits);
          const { bytes, sha256 } = await encodeHead(trained.head);
          const version = headVersion(sha256);
          const { versions } = await publishVersion(this.#objects(), name, version, bytes);
          const { layer, lambda, labels, photos, strangers, correct } = trained.head.facts;
          const suspicious = suspiciousOf(trained, ids);
          const facts = { layer, lambda, labels, photos, strangers, correct };
          return { version, versions, ...facts, bytes: bytes.length, suspicious };
        }),
      );
    }

    /** The version before in use again. @returns all versions, the one in use last */
    rollBack(name: string): Promise<Reply<string[]>> {
      return replyOf(() =>
        this.#inTurn(async () => {
          const pointer = await rollBack(this.#objects(), checkHeadName(name));
          if (!pointer) throw new ServiceError('not-found', `there is no published head ${name}`);
          return pointer.versions;
        }),
      );
    }

    /** Takes the published head and all examples away. @returns whether there was anything */
    remove(name: string): Promise<Reply<boolean>> {
      return replyOf(() =>
        this.#inTurn(async () => {
          const published = await removeHead(this.#objects(), checkHeadName(name));
          const taught = this.#store.ids().length > 0;
          await this.ctx.storage.deleteAll();
          return published || taught;
        }),
      );
    }

    #objects() {
      return storedObjects(this.env.MODELS);
    }

    async #trained(
      name: string,
      examples: Parameters<typeof trainSteps>[0],
      backbone: Backbone | undefined,
      { workMs }: TrainLimits,
    ): Promise<Trained> {
      const layers = (backbone?.layers ?? []).map((layer) => layer.name);
      const budget = new Budget(shared, { ...DEFAULT_BUDGET, workMs }, name);
      try {
        const steps = trainSteps(examples, {
          name: checkHeadName(name),
          backbone: { name: backbone?.name ?? '', sha256: backbone?.sha256 ?? '' },
          layers,
          dotProducts,
        });
        const ms = trainingMacs(examples, layers) / MACS_PER_MS;
        if (ms > workMs)
          throw new ServiceError(
            'too-much-work',
            `expected a training of at most ${workMs} ms, this one would take ${Math.ceil(ms)} ms: ` +
              'npm run heads -- train DIR --name NAME --push has no such bound',
            { members: { limit: { train_ms: workMs } } },
          );
        const n = examples.length;
        // Three n x n matrices, two of f64 and one of i32; features twice.
        await budget.reserve(20 * n * n + 2 * examples.reduce((sum, each) => sum + bytesOf(each), 0));
        for (let step = steps.next(); ; step = steps.next()) {
          if (step.done) return step.value;
          await budget.turn(step.value / MACS_PER_MS);
        }
      } finally {
        budget.finish();
      }
    }

    /** One after the other. Throws ServiceError too-many-requests. */
    async #inTurn<T>(work: () => Promise<T>): Promise<T> {
      if (this.#queued >= MAX_QUEUED)
        throw new ServiceError(
          'too-many-requests',
          `expected at most ${MAX_QUEUED} trainings of a head at once`,
        );
      this.#queued++;
      const own = this.#last.then(work, work);
      this.#last = own.catch(() => undefined);
      try {
        return await own;
      } finally {
        this.#queued--;
      }
    }
  };
}

function bytesOf({ layers }: Parameters<typeof trainSteps>[0][number]): number {
  return Object.values(layers).reduce((sum, [first]) => sum + (first?.length ?? 0), 0);
}

export type HeadTrainer = InstanceType<ReturnType<typeof headTrainer>>;

export interface TrainerBindings {
  /** The Durable Objects of heads; none: heads are published by the command line only. */
  HEADS?: DurableObjectNamespace<HeadTrainer>;
}
