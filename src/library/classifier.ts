// The package's `createClassifier`: a model in memory, photos in, classes out, in any runtime with WebAssembly SIMD.
// The same decoder, engine, heads and answers as the Worker's, hence the same bits.
import { Classifier } from '../classify/classifier.ts';
import { emptyLog } from '../classify/request-log.ts';
import { modelName, resultMembers } from '../classify/result.ts';
import { ServiceError } from '../errors.ts';
import type { ServedHead } from '../heads/catalog.ts';
import { checkBackbone, decodeHead } from '../heads/file.ts';
import { ImageDecoder } from '../image/decoder.ts';
import { imageLimits } from '../image/limits.ts';
import { Budget, createShared, DEFAULT_BUDGET } from '../isolate/budget.ts';
import { openWholeFile } from '../model/whole-file.ts';
import type { Answer, Bytes, ClassifyOptions, ModelName } from './answers.ts';
import { sourceOf, wholeBytes } from './bytes.ts';
import { parametersOf } from './parameters.ts';
import { decodeModule, kernelsModule } from './wasm-modules.ts';

export type * from './answers.ts';

export interface ImageLimitOptions {
  /** Bytes of a file, default 25 million. */
  bytes?: number;
  /** Width times height, default 100 million. */
  pixels?: number;
  /** The longest side, default 30,000. */
  side?: number;
}

export interface ClassifierOptions {
  /** A packed model's file (`npx alexnet-edge get`). */
  model: Bytes;
  /** Files of heads that were trained on this model. */
  heads?: readonly Bytes[];
  limits?: ImageLimitOptions;
}

export interface PhotoClassifier {
  readonly model: ModelName & {
    labels: readonly { synset?: string; words: string }[];
    /** Side of the square that the network reads, pixels. */
    inputSize: number;
  };
  /** Names of its heads. */
  readonly heads: readonly string[];
  /**
   * Classifies one photo: JPEG, PNG, GIF, BMP or WebP, decoded while it arrives. Any number of calls at once.
   * Rejects with an Error that has `code` and `status` of the same refusal by HTTP.
   */
  classify(photo: Bytes, options?: ClassifyOptions): Promise<Answer>;
}

/** One request may take as long as it likes: it is its own caller's processor. */
const UNLIMITED = { ...DEFAULT_BUDGET, workMs: Number.POSITIVE_INFINITY };

/** Rejects with an Error that has `code`: model-version, model-damaged, model-checksum, head-backbone, head-damaged. */
export async function createClassifier(options: ClassifierOptions): Promise<PhotoClassifier> {
  const [kernels, decode, file] = await Promise.all([
    kernelsModule(),
    decodeModule(),
    wholeBytes(options.model),
  ]);
  let engine = await openWholeFile(kernels, file);
  const { info } = engine;
  const heads = new Map<string, ServedHead>();
  for (const bytes of options.heads ?? []) {
    const served = await decodeHead(await wholeBytes(bytes));
    checkBackbone(served.head, info);
    heads.set(served.head.facts.name, served);
  }
  const shared = createShared();
  const decoder = new ImageDecoder(decode);
  const limits = { ...imageLimits({}), ...options.limits };
  let trapped = false;
  const model = {
    describe: async () => info,
    load: async () => {
      if (trapped) engine = await openWholeFile(kernels, file);
      trapped = false;
      return engine;
    },
    drop: () => {
      trapped = true;
    },
    warm: true,
    reads: 1,
  };
  return {
    model: { ...modelName(info), labels: info.labels, inputSize: engine.inputSize },
    heads: [...heads.keys()],
    async classify(photo, asked = {}) {
      const { top_k: topK, min_score: minScore, include, head, crops, exif, reject } = parametersOf(asked);
      const own = new Classifier({
        model,
        decoder,
        limits,
        findHead: async (name) => heads.get(name),
        headNames: async () => [...heads.keys()],
        storedModel: async () => undefined,
        budget: new Budget(shared, UNLIMITED),
        log: emptyLog(),
      });
      try {
        for (const name of head)
          if (!heads.has(name))
            throw new ServiceError(
              'not-found',
              `expected the head ${[...heads.keys()].join(', ') || 'none'}, got ${name.slice(0, 64)}`,
            );
        if (head.length > 0) await own.useHeads(head);
        const { model: said, ...result } = await own.classify(sourceOf(photo), { crops, exif });
        const { logits, ...members } = resultMembers(result, said, {
          topK,
          minScore,
          include,
          reject,
        });
        return {
          model: modelName(said),
          ...members,
          ...(logits ? { logits: Array.from(logits) } : {}),
        };
      } finally {
        own.finish();
      }
    },
  };
}
