// Several networks asked about one photo, their probabilities averaged (Krizhevsky et al. 2012, section 6): the model,
// heads on it, and one more model of the bucket where its memory fits beside the first. All of them must know the same
// classes, in the same order. How far they lie apart is part of the answer (Lakshminarayanan et al. 2017).
import type { Engine, Prediction } from '../engine/engine.ts';
import { excerpt, ServiceError } from '../errors.ts';
import type { ServedHead } from '../heads/catalog.ts';
import { checkBackbone } from '../heads/file.ts';
import type { ModelInfo } from '../network/model-info.ts';
import { headModel } from './heads.ts';
import type { ModelHandle } from './model-handle.ts';
import type { Outcome, Said } from './said.ts';
import { spreadOf } from './spread.ts';
import { averagePredictions } from './ten-crop.ts';

/** A model of the bucket that is not the one in use. */
export interface StoredModel {
  /** Of its object. */
  bytes: number;
  handle: ModelHandle;
}

export interface Ensemble {
  heads: ServedHead[];
  /** Whether the model itself is asked, too. */
  model: boolean;
  second?: ModelHandle | undefined;
  /** What each member says of itself, in the order of `heads`, model, second. */
  members: ModelInfo[];
}

/** Memory of all engines of an isolate: 128 MB less what requests share (40 MiB), caches, and the code. */
const ENGINES_BYTES = 58_000_000;
/** What engines may take of the memory of requests, which are then fewer at once: room for two models of 30 MB. */
const LENT_BYTES = 12_000_000;

function refused(expected: string, got: string): ServiceError {
  return new ServiceError('bad-parameter', `ensemble: expected ${expected}, got ${excerpt(got)}`, {
    members: { parameter: 'ensemble' },
  });
}

/**
 * Bytes of a model's engine beside the first that are over what engines have, to be taken from requests.
 * Throws ServiceError too-much-memory, naming the bytes. @param first the engine's memory, and its weights' part of it
 */
function overdraft(
  name: string,
  { bytes }: StoredModel,
  first: { memoryBytes: number; weightBytes: number },
): number {
  const needed = bytes + first.memoryBytes - first.weightBytes;
  const own = ENGINES_BYTES - first.memoryBytes;
  const free = Math.max(0, own + LENT_BYTES);
  if (needed <= free) return Math.max(0, needed - own);
  throw new ServiceError(
    'too-much-memory',
    `ensemble: expected a model of at most ${free} bytes of memory beside the one in use, ${excerpt(name)} takes ${needed}`,
    { members: { limit: { memory_bytes: free } } },
  );
}

/** Throws ServiceError bad-parameter for members that do not know the same classes, or read pictures otherwise. */
function checkMembers(members: readonly ModelInfo[]): void {
  const classes = ({ labels }: ModelInfo) => JSON.stringify(labels.map(({ words }) => words));
  const reading = ({ preprocess: { resize, resizeTo, crop } }: ModelInfo) =>
    JSON.stringify([resize, resizeTo, crop]);
  const [first] = members;
  for (const member of members) {
    if (!first || classes(member) !== classes(first))
      throw refused(`models of the classes of ${first?.name}, in their order`, member.name);
    if (reading(member) !== reading(first))
      throw refused(`models that read pictures as ${first.name} does`, member.name);
  }
}

/** Where members are found. */
interface Sources {
  findHead(name: string): Promise<ServedHead | undefined>;
  storedModel(name: string): Promise<StoredModel | undefined>;
  load(): Promise<Engine>;
  /** Takes bytes from the memory of requests. */
  lend(bytes: number): void;
}

/** The members of these names. @param model the one in use. Throws ServiceError as Classifier.useEnsemble does. */
export async function gatherEnsemble(
  names: readonly string[],
  model: ModelInfo,
  { findHead, storedModel, load, lend }: Sources,
): Promise<Ensemble> {
  const heads: ServedHead[] = [];
  let second: ModelHandle | undefined;
  for (const name of names) {
    if (name === model.name) continue;
    const head = await findHead(name);
    if (head) {
      checkBackbone(head.head, model);
      heads.push(head);
      continue;
    }
    const stored = await storedModel(name);
    if (!stored)
      throw new ServiceError('not-found', `there is no model or head ${name}; GET /v1/models lists them`);
    if (second)
      throw new ServiceError('too-much-memory', `ensemble: expected one model beside ${model.name}, got two`);
    lend(overdraft(name, stored, await load()));
    second = stored.handle;
  }
  const own = names.includes(model.name);
  const members = [
    ...heads.map((head) => headModel(model, head)),
    ...(own ? [model] : []),
    ...(second ? [await second.describe()] : []),
  ];
  checkMembers(members);
  return { heads, model: own, second, members };
}

/** Outcomes of the same pictures and masks side by side: what the second says comes after what the first says. */
export function besides(first: readonly Outcome[], second: readonly Outcome[]): Outcome[] {
  return first.map((passes, picture) =>
    passes.map((asked, pass) => [...asked, ...(second[picture]?.[pass] ?? [])]),
  );
}

/** The mean of all members and samples. The embedding is the first member's. */
export function ensembleSaid(samples: Outcome, members: readonly ModelInfo[]): Said {
  const each = samples.flatMap((asked) =>
    asked.map((said): Prediction => ({ ...said, embedding: asked[0]?.embedding ?? new Float32Array(0) })),
  );
  return {
    prediction: averagePredictions(each),
    spread: spreadOf(each.map(({ probabilities }) => probabilities)),
    ensemble: [...members],
  };
}
