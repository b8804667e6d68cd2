// One line of results: NDJSON, one object a photo. A failed photo's begins with its problem, so that a reader can tell
// the two kinds apart without parsing. The same photo, model and parameters make the same line.
import type { Classified } from '../classify/classifier.ts';
import { modelName, type ResultOptions, resultMembers } from '../classify/result.ts';
import type { ServiceError } from '../errors.ts';
import type { ModelInfo } from '../network/model-info.ts';
import type { Near } from '../retrieval/photo-index.ts';
import type { PhotoName } from './message.ts';

const FAILED = '{"problem":';

/** @param near the photo of the index that it was left out for */
export function resultLine(
  { key, etag }: PhotoName,
  classified: Classified,
  model: ModelInfo,
  options: ResultOptions,
  near?: Near,
): string {
  const { name, version } = modelName(model);
  const members = resultMembers(classified, model, options);
  const more = near ? { duplicate_of: near } : {};
  return JSON.stringify({ key, etag, model: { name, version }, ...members, ...more }, plain);
}

/** Vectors are arrays on the wire. */
function plain(_: string, value: unknown): unknown {
  return value instanceof Float32Array ? Array.from(value) : value;
}

/** A dead letter: the photo, and why there is no result. */
export function problemLine({ key, etag }: PhotoName, error: ServiceError): string {
  const { code, title, status, message, members } = error;
  const type = `urn:alexnet-edge:problem:${code}`;
  return JSON.stringify({ problem: { type, title, status, detail: message, ...members }, key, etag });
}

export function isFailed(line: string): boolean {
  return line.startsWith(FAILED);
}
