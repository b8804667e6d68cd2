// What comes out of the queue: work of our own, up to 100 photos of a job, which will become one part of its results;
// and R2's event notifications, one object each, as Cloudflare writes them.
import * as v from 'valibot';
import { JOB_ID } from './parameters.ts';

export interface PhotoName {
  key: string;
  /** Of the object that was announced; none: whatever lies there. */
  etag?: string | undefined;
}

export interface WorkMessage {
  job: string;
  part: number;
  photos: PhotoName[];
}

/** An object that the bucket announces. */
export interface Announced {
  bucket: string;
  key: string;
  etag: string;
}

export type Read =
  | { kind: 'work'; work: WorkMessage }
  | { kind: 'created'; object: Announced }
  | { kind: 'ignored'; why: string };

export const MAX_PHOTOS = 100;
/** A message may have 128 kB of JSON. */
const MAX_PHOTOS_BYTES = 100_000;
/** Photos of one message when each result is long. */
const FEW_PHOTOS = 20;

const Work = v.object({
  job: v.pipe(v.string(), v.regex(JOB_ID)),
  part: v.pipe(v.number(), v.integer(), v.minValue(0)),
  photos: v.pipe(
    v.array(v.object({ key: v.string(), etag: v.optional(v.string()) })),
    v.minLength(1),
    v.maxLength(MAX_PHOTOS),
  ),
});

const EventNotification = v.object({
  bucket: v.string(),
  action: v.string(),
  object: v.object({ key: v.string(), eTag: v.optional(v.string()) }),
});
const CREATING = ['PutObject', 'CopyObject', 'CompleteMultipartUpload'];

/** What a message's body says. One that is nothing of ours is ignored: to try it again would not mend it. */
export function readMessage(body: unknown): Read {
  const work = v.safeParse(Work, body);
  if (work.success) return { kind: 'work', work: work.output };
  const event = v.safeParse(EventNotification, body);
  if (!event.success) return { kind: 'ignored', why: 'neither work nor an event notification of R2' };
  const { bucket, action, object } = event.output;
  if (!CREATING.includes(action) || object.eTag === undefined)
    return { kind: 'ignored', why: 'an event that creates no object' };
  return { kind: 'created', object: { bucket, key: object.key, etag: object.eTag } };
}

/** Cuts photos into messages. @param long whether each result is long, so that a part stays small */
export function cutMessages(photos: readonly PhotoName[], long: boolean): PhotoName[][] {
  const most = long ? FEW_PHOTOS : MAX_PHOTOS;
  const messages: PhotoName[][] = [];
  let last: PhotoName[] = [];
  let bytes = 0;
  for (const photo of photos) {
    const own = new TextEncoder().encode(JSON.stringify(photo)).byteLength + 1;
    if (last.length === 0 || last.length === most || bytes + own > MAX_PHOTOS_BYTES) {
      last = [];
      bytes = 0;
      messages.push(last);
    }
    last.push(photo);
    bytes += own;
  }
  return messages;
}
