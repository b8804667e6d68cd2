// multipart/form-data as a stream: one part after the other, each part's body read only as its reader asks for more,
// so a request of many files holds one chunk at a time. Source: RFC 7578 and RFC 2046 section 5.1.1.

import { ServiceError } from '../../errors.ts';
import { joined } from '../../isolate/byte-source.ts';
import { Upload } from '../../isolate/upload.ts';

export interface Part {
  name: string;
  filename: string | undefined;
  /** Ends at the part's end. What is left of it is skipped when the next part is asked for. */
  body: Upload;
}

/** Of the head of a part: file systems have names of 255 bytes, which may be escaped. */
const MAX_HEADER_BYTES = 4096;
/** Before the first boundary, where RFC 2046 allows a text that nobody reads. */
const MAX_PREAMBLE_BYTES = 4096;
const CR = 13;
const CRLF = [13, 10];
const BLANK_LINE = [13, 10, 13, 10];
const DASHES = [45, 45];

function malformed(expected: string): ServiceError {
  return new ServiceError('bad-request', `multipart body: expected ${expected}`);
}

/** The boundary of a Content-Type; undefined when it is not multipart/form-data. Throws ServiceError bad-request. */
export function multipartBoundary(contentType: string | null): string | undefined {
  if (!contentType || !/^multipart\/form-data\b/i.test(contentType)) return undefined;
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw malformed('a boundary of 1 to 70 characters in Content-Type');
  return boundary;
}

function indexOf(bytes: Uint8Array, pattern: readonly number[] | Uint8Array): number {
  const [first = CR] = pattern;
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (at + pattern.length > bytes.length) return -1;
    let same = 1;
    while (same < pattern.length && bytes[at + same] === pattern[same]) same++;
    if (same === pattern.length) return at;
  }
  return -1;
}

/** What has been read and not yet used of the source. */
class Pending {
  readonly #source: Upload;
  bytes: Uint8Array;

  constructor(source: Upload, first: Uint8Array) {
    this.#source = source;
    this.bytes = first;
  }

  /** Appends the next chunk. Throws ServiceError bad-request at the end of the source. */
  async more(): Promise<void> {
    const piece = await this.#source.read();
    if (!piece) throw malformed('a closing boundary, got the end of the body');
    this.bytes = joined([this.bytes, piece]);
  }

  take(count: number): Uint8Array {
    const taken = this.bytes.subarray(0, count);
    this.bytes = this.bytes.subarray(count);
    return taken;
  }

  /** Everything before `pattern`, and drops the pattern. Throws ServiceError bad-request past `limit` bytes. */
  async until(pattern: readonly number[], limit: number, what: string): Promise<Uint8Array> {
    for (;;) {
      const at = indexOf(this.bytes, pattern);
      if (at > limit || (at < 0 && this.bytes.length > limit))
        throw malformed(`${what} of at most ${limit} bytes`);
      if (at >= 0) {
        const found = this.take(at);
        this.take(pattern.length);
        return found;
      }
      await this.more();
    }
  }

  async startsWith(pattern: readonly number[]): Promise<boolean> {
    while (this.bytes.length < pattern.length) await this.more();
    return pattern.every((byte, i) => this.bytes[i] === byte);
  }

  /** Of the whole form: more than what a part has. */
  get announced(): number | undefined {
    return this.#source.announced;
  }

  cancel(): Promise<void> {
    return this.#source.cancel();
  }
}

function parameter(disposition: string, name: string): string | undefined {
  const value = new RegExp(`;\\s*${name}=(?:"((?:\\\\.|[^"\\\\])*)"|([^\\s;"]+))`, 'i').exec(disposition);
  if (!value) return undefined;
  // Browsers write " and line breaks as %22, %0D and %0A; others use backslashes.
  return (value[1] ?? value[2] ?? '')
    .replace(/\\(["\\])/g, '$1')
    .replace(/%(22|0D|0A)/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

function readHeaders(bytes: Uint8Array): { name: string; filename: string | undefined } {
  const lines = new TextDecoder().decode(bytes).split('\r\n');
  const disposition = lines.find((line) => /^content-disposition:\s*form-data\b/i.test(line));
  const name = disposition === undefined ? undefined : parameter(disposition, 'name');
  if (disposition === undefined || name === undefined)
    throw malformed('Content-Disposition: form-data with a name in each part');
  return { name, filename: parameter(disposition, 'filename') };
}

/** One part's body; `finished` says whether its end was reached. */
class PartBody {
  readonly #pending: Pending;
  readonly #delimiter: Uint8Array;
  finished = false;
  /** Bytes so far. */
  bytes = 0;

  constructor(pending: Pending, delimiter: Uint8Array) {
    this.#pending = pending;
    this.#delimiter = delimiter;
  }

  /** Reads to the end and forgets it. Throws ServiceError bad-request past `limit` bytes. */
  async skip(limit = Number.POSITIVE_INFINITY): Promise<void> {
    while ((await this.next()) !== undefined)
      if (this.bytes > limit) throw malformed(`at most ${limit} bytes before the first boundary`);
  }

  /** The next bytes; undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    while (!this.finished) {
      const { bytes } = this.#pending;
      const at = indexOf(bytes, this.#delimiter);
      if (at >= 0) {
        this.finished = true;
        const last = this.#pending.take(at);
        this.bytes += at;
        this.#pending.take(this.#delimiter.length);
        return last.length > 0 ? last : undefined;
      }
      // The end of what is here may be the start of the delimiter.
      const certain = bytes.length - this.#delimiter.length + 1;
      if (certain > 0) {
        this.bytes += certain;
        return this.#pending.take(certain);
      }
      await this.#pending.more();
    }
    return undefined;
  }

  /** The part as an upload; whatever it leaves is skipped when the next part is asked for. */
  upload(): Upload {
    return new Upload({
      read: () => this.next(),
      cancel: async () => {},
      announced: this.#pending.announced,
    });
  }
}

/** The parts, in order. Throws ServiceError bad-request for a malformed body, and what the source throws. */
export async function* multipartParts(source: Upload, boundary: string): AsyncGenerator<Part> {
  const delimiter = new TextEncoder().encode(`\r\n--${boundary}`);
  // The first delimiter has no line break before it when nothing precedes it.
  const pending = new Pending(source, Uint8Array.from(CRLF));
  try {
    let body = new PartBody(pending, delimiter);
    await body.skip(MAX_PREAMBLE_BYTES);
    for (;;) {
      await body.skip();
      if (await pending.startsWith(DASHES)) return;
      await pending.until(CRLF, MAX_HEADER_BYTES, 'a line break after the boundary');
      const headers = readHeaders(await pending.until(BLANK_LINE, MAX_HEADER_BYTES, 'part headers'));
      body = new PartBody(pending, delimiter);
      yield { ...headers, body: body.upload() };
    }
  } finally {
    await pending.cancel();
  }
}
