// Some photos of a message, through the same machinery as requests: each photo is read with a budget of its own, as if
// it had been sent by itself, a few at a time; then all go through the network together, and into the job's index in one
// change. A photo that fails, fails alone.
import type { Classifier, HeldPicture } from '../classify/classifier.ts';
import { ServiceError } from '../errors.ts';
import type { Budget } from '../isolate/budget.ts';
import type { Upload } from '../isolate/upload.ts';
import type { Near, PhotoIndex } from '../retrieval/photo-index.ts';
import { photoVector } from '../retrieval/projection.ts';
import { problemLine, resultLine } from './line.ts';
import type { PhotoName } from './message.ts';
import type { JobParameters } from './parameters.ts';
import { openPhoto } from './photo.ts';

/** Photos that go through the network together. */
export const GROUP_PHOTOS = 16;
/** Photos that are read at once, mostly to wait for the bucket. */
const READERS = 4;

/** Makes the classifier of one photo of so many bytes; without bytes: of a group, whose work has no limit. */
export type MakeClassifier = (bytes?: number) => Classifier;

/** What an invocation of the consumer works with. */
export interface Machinery {
  makeClassifier: MakeClassifier;
  /** The index of a name, for vectors of a model of this SHA-256. Throws ServiceError as Retrieval.open. */
  openIndex(name: string, of: { model: string; budget: Budget }): PhotoIndex;
}

/** A line of results, or why the platform did not give one. */
export type Outcome = { line: string } | { error: ServiceError };

export interface GroupOutcome {
  outcomes: Map<PhotoName, Outcome>;
  /** Work done, ms of one core, estimated from sizes. */
  workMs: number;
}

/** What the platform caused, and may succeed at the next try; everything else is the photo's fault, or the job's. */
export function isPlatformFault({ status }: ServiceError): boolean {
  return status >= 500 || status === 408 || status === 429;
}

function asServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  return new ServiceError('internal', 'an unexpected error', { cause: error });
}

interface Reading {
  photo: PhotoName;
  /** The photo, with the etag that was found. */
  named: PhotoName;
  picture: HeldPicture;
}

async function prepare(classifier: Classifier, { model, head }: JobParameters): Promise<void> {
  if (head.length > 0) await classifier.useHeads(head);
  const { name } = await classifier.describe();
  if (model !== undefined && head.length === 0 && model !== name)
    throw new ServiceError('not-found', `there is no model ${model}; expected ${name}`);
}

/** Adds photos to the job's index; what each was left out for, if it was. */
async function addToIndex(
  index: PhotoIndex | undefined,
  photos: readonly { key: string; activations: Float32Array }[],
  dedupe: number | undefined,
): Promise<(Near | undefined)[]> {
  if (!index || photos.length === 0) return [];
  const vectors = photos.map(({ key, activations }) => ({ key, vector: photoVector(activations) }));
  return index.putAll(vectors, dedupe);
}

/** One outcome a photo. Never rejects. @param photos GROUP_PHOTOS at most */
export async function classifyGroup(
  photos: readonly PhotoName[],
  parameters: JobParameters,
  bucket: R2Bucket,
  { makeClassifier, openIndex }: Machinery,
): Promise<GroupOutcome> {
  const { top_k, min_score, reject, include, crops, exif, dedupe } = parameters;
  const options = { topK: top_k, minScore: min_score, reject, include };
  const outcomes = new Map<PhotoName, Outcome>();
  const readings: Reading[] = [];
  const readers: Classifier[] = [];
  const own = makeClassifier();
  let index: PhotoIndex | undefined;

  const fail = (photo: PhotoName, named: PhotoName, thrown: unknown) => {
    const error = asServiceError(thrown);
    outcomes.set(photo, isPlatformFault(error) ? { error } : { line: problemLine(named, error) });
  };
  const read = async (photo: PhotoName): Promise<void> => {
    let named = photo;
    let source: Upload | undefined;
    let reader: Classifier | undefined;
    try {
      index?.checkKey(photo.key);
      const { upload, etag, bytes } = await openPhoto(bucket, photo, own.limits.bytes);
      source = upload;
      named = { key: photo.key, etag };
      reader = makeClassifier(bytes);
      readers.push(reader);
      const picture = await reader.read(upload, { crops, exif });
      readings.push({ photo, named, picture });
    } catch (error) {
      reader?.budget.rest();
      await source?.cancel(error);
      fail(photo, named, error);
    }
  };
  try {
    await own.budget.admit();
    await prepare(own, parameters);
    if (parameters.index !== undefined) {
      const { sha256 } = await own.describe();
      index = openIndex(parameters.index, { model: sha256, budget: own.budget });
    }
    const waiting = [...photos];
    const lane = async () => {
      for (let photo = waiting.shift(); photo; photo = waiting.shift()) await read(photo);
    };
    await Promise.all(Array.from({ length: READERS }, lane));
    const { model, results } = await own.classifyPictures(
      readings.map(({ picture }) => picture),
      { crops, exif },
    );
    const classified = readings.flatMap(({ photo, named }, i) => {
      const result = results[i];
      return result ? [{ photo, named, result }] : [];
    });
    const near = await addToIndex(
      index,
      classified.map(({ photo: { key }, result }) => ({ key, activations: result.prediction.embedding })),
      dedupe,
    );
    classified.forEach(({ photo, named, result }, i) => {
      outcomes.set(photo, { line: resultLine(named, result, model, options, near[i]) });
    });
  } catch (error) {
    for (const photo of photos) if (!outcomes.has(photo)) fail(photo, photo, error);
  } finally {
    for (const reader of [own, ...readers]) reader.finish();
  }
  const workMs = [own, ...readers].reduce((sum, { budget }) => sum + budget.holder.workMs, 0);
  return { outcomes, workMs };
}
