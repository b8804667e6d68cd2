// A part of a job's results: one object of NDJSON with a line for each photo of one message, in the message's order.
// Its name is the message's number, so whoever gets the message a second time finds here what is done already, and
// adds only what is missing. Two consumers at once do not undo each other's work: a write happens only on top of what
// was read.
import * as v from 'valibot';
import { isFailed } from './line.ts';
import type { PhotoName } from './message.ts';

const DIGITS = 8;
const MAX_TRIES = 4;
const PAUSE_MS = 100;

const Line = v.object({ key: v.string(), etag: v.optional(v.string()) });

export function resultsPrefix(job: string): string {
  return `results/${job}/`;
}

export function partKey(job: string, part: number): string {
  return `${resultsPrefix(job)}${String(part).padStart(DIGITS, '0')}.ndjson`;
}

/** Tries what may fail for a moment a few times. Rejects as the last try does. */
export async function persistently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * 2 ** tries));
    }
  }
}

export class Part {
  readonly key: string;
  readonly #bucket: R2Bucket;
  readonly #photos: readonly PhotoName[];
  /** By the photo's place in the message. */
  #lines: (string | undefined)[] = [];
  /** Of the object that was read; undefined: there was none. */
  #etag: string | undefined;
  #changed = false;

  private constructor(bucket: R2Bucket, key: string, photos: readonly PhotoName[]) {
    this.#bucket = bucket;
    this.key = key;
    this.#photos = photos;
  }

  /** Reads what is there. Rejects when the bucket cannot be read. */
  static async open(bucket: R2Bucket, key: string, photos: readonly PhotoName[]): Promise<Part> {
    const part = new Part(bucket, key, photos);
    await part.#read();
    return part;
  }

  /** Photos without a line. */
  get missing(): PhotoName[] {
    return this.#photos.filter((_, i) => this.#lines[i] === undefined);
  }

  /** How many photos have which kind of line. */
  get counts(): { done: number; failed: number } {
    const lines = this.#lines.filter((line) => line !== undefined);
    const failed = lines.filter(isFailed).length;
    return { done: lines.length - failed, failed };
  }

  /** Adds the line of a photo of the message, unless it has one. */
  add(photo: PhotoName, line: string): void {
    const at = this.#photos.indexOf(photo);
    if (at < 0 || this.#lines[at] !== undefined) return;
    this.#lines[at] = line;
    this.#changed = true;
  }

  /** Writes what was added. Rejects when the bucket cannot be written. */
  async save(): Promise<void> {
    while (this.#changed) {
      const text = this.#lines.map((line) => (line === undefined ? '' : `${line}\n`)).join('');
      const stored = await persistently(() =>
        this.#bucket.put(this.key, text, {
          onlyIf:
            this.#etag === undefined ? new Headers({ 'if-none-match': '*' }) : { etagMatches: this.#etag },
          httpMetadata: { contentType: 'application/x-ndjson' },
        }),
      );
      this.#changed = false;
      if (stored) this.#etag = stored.etag;
      // Somebody else wrote it meanwhile, or a write of ours that seemed to fail did not: what is there counts.
      else await this.#merge();
    }
  }

  async #merge(): Promise<void> {
    const own = this.#lines;
    await this.#read();
    this.#photos.forEach((photo, i) => {
      const line = own[i];
      if (line !== undefined) this.add(photo, line);
    });
  }

  async #read(): Promise<void> {
    const [text, etag] = await persistently(async () => {
      const object = await this.#bucket.get(this.key);
      return object ? ([await object.text(), object.etag] as const) : ['', undefined];
    });
    this.#etag = etag;
    const found = new Map<string, { etag?: string | undefined; line: string }[]>();
    for (const line of text.split('\n').filter((line) => line !== '')) {
      const { key, etag } = v.parse(Line, JSON.parse(line));
      found.set(key, [...(found.get(key) ?? []), { etag, line }]);
    }
    this.#lines = this.#photos.map(
      ({ key, etag }) => found.get(key)?.find((entry) => etag === undefined || entry.etag === etag)?.line,
    );
  }
}
