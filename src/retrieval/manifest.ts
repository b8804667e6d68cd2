// How an index lies in the bucket: `index/NAME/current` (JSON) names its segments, each `index/NAME/ID.bin`, in the order of
// their photos. A segment never changes, and what `current` names is there: whoever has read it sees one state of the index.
// Adding makes a segment of one photo; neighbours of about a size become one, so that there are few of them.
import * as v from 'valibot';
import { excerpt, ServiceError } from '../errors.ts';
import { SEGMENT_PHOTOS } from './segment.ts';

const INDEX_NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
const MAX_KEY_BYTES = 256;
/** 10 million photos, and what deleting has left small. */
export const MAX_SEGMENTS = 2_000;
/** How long segments that were replaced stay. */
const GONE_MS = 60_000;
const MAX_GONE = 4_000;
/** Neighbours that become one. */
const FAN_IN = 10;
const FORMAT = 'alexnet-edge-index/1';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const ID = v.pipe(v.string(), v.regex(/^[0-9a-f-]{36}$/));

const Part = v.strictObject({
  id: ID,
  photos: v.pipe(count, v.minValue(1), v.maxValue(SEGMENT_PHOTOS)),
  bytes: count,
  /** Up to its codes. */
  key_bytes: count,
});
export type Part = v.InferOutput<typeof Part>;

const ManifestField = v.strictObject({
  format: v.literal(FORMAT),
  /** The model whose activations were taken, by its checksum. */
  model: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  segments: v.pipe(v.array(Part), v.maxLength(MAX_SEGMENTS)),
  /** Segments that are no part of it any more, and since when, ms: a search that began before may still read them. */
  gone: v.pipe(v.array(v.strictObject({ id: ID, at: count })), v.maxLength(MAX_GONE)),
});
export type Manifest = v.InferOutput<typeof ManifestField>;

function refused(parameter: string, expected: string, got: string): ServiceError {
  return new ServiceError(
    'bad-parameter',
    `${parameter}: expected ${expected}, got ${excerpt(JSON.stringify(got))}`,
    {
      members: { parameter },
    },
  );
}

/** Throws ServiceError bad-parameter: nothing of a name reaches a key unchecked. */
export function checkIndexName(name: string): string {
  if (INDEX_NAME.test(name)) return name;
  throw refused('name', '1 to 64 of a-z, 0-9 and -, not beginning with -', name);
}

/** Throws ServiceError bad-parameter. */
export function checkKey(key: string): string {
  const bytes = new TextEncoder().encode(key).length;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  if (bytes >= 1 && bytes <= MAX_KEY_BYTES && !/[\u0000-\u001f\u007f]/.test(key)) return key;
  throw refused('key', `1 to ${MAX_KEY_BYTES} bytes without control characters`, key);
}

export function indexPrefix(name: string): string {
  return `index/${checkIndexName(name)}/`;
}

export function manifestKey(name: string): string {
  return `${indexPrefix(name)}current`;
}

export function segmentKey(name: string, id: string): string {
  return `${indexPrefix(name)}${id}.bin`;
}

/** Throws ServiceError index-damaged. */
export function parseManifest(text: string): Manifest {
  try {
    return v.parse(ManifestField, JSON.parse(text));
  } catch (cause) {
    throw new ServiceError('index-damaged', `index/NAME/current: expected a list of segments of ${FORMAT}`, {
      cause,
    });
  }
}

export function emptyManifest(model: string): Manifest {
  return { format: FORMAT, model, segments: [], gone: [] };
}

/** The index with other segments, and the segments that nobody can be reading any more. @param now ms */
export function replaced(
  before: Manifest,
  segments: Part[],
  now: number,
): { manifest: Manifest; unread: string[] } {
  const kept = new Set(segments.map(({ id }) => id));
  const gone = [
    ...before.gone,
    ...before.segments.filter(({ id }) => !kept.has(id)).map(({ id }) => ({ id, at: now })),
  ];
  const recent = gone.filter(({ at }) => now - at < GONE_MS).slice(-MAX_GONE);
  const stay = new Set(recent.map(({ id }) => id));
  return {
    manifest: { ...before, segments, gone: recent },
    unread: gone.map(({ id }) => id).filter((id) => !stay.has(id)),
  };
}

/** Photos of an index. */
export function photosOf({ segments }: Manifest): number {
  return segments.reduce((sum, { photos }) => sum + photos, 0);
}

/**
 * How many of the last segments are to become one; 0 = none. Those of at most a size (1, 10, 100, 1,000 photos) do when they
 * have nine times as many photos together, so that the result is at most of the next size.
 */
export function mergeCount(segments: readonly Pick<Part, 'photos'>[]): number {
  let found = 0;
  for (let size = 1; size < SEGMENT_PHOTOS; size *= FAN_IN) {
    let photos = 0;
    let neighbours = 0;
    for (const segment of segments.toReversed()) {
      if (segment.photos > size || photos + segment.photos > FAN_IN * size) break;
      photos += segment.photos;
      neighbours++;
    }
    if (photos >= (FAN_IN - 1) * size) found = neighbours;
  }
  return found;
}
