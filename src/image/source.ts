// An upload as a sequence of chunks, counted against the limit of bytes.

import { ServiceError } from '../errors.ts';
import { type ByteReader, byteReader, joined, readAll } from '../isolate/byte-reader.ts';

function wholeReader(bytes: Uint8Array): ByteReader {
  let given = false;
  return {
    async read() {
      if (given) return undefined;
      given = true;
      return bytes;
    },
    async cancel() {},
  };
}

export class Source {
  #reader: ByteReader;
  #limit: number;
  #pushed: Uint8Array | undefined;
  #ended = false;
  /** Bytes read so far. */
  bytes = 0;

  constructor(source: ReadableStream<Uint8Array> | Uint8Array, limit: number) {
    this.#limit = limit;
    this.#reader = source instanceof Uint8Array ? wholeReader(source) : byteReader(source);
  }

  /** The next chunk, not empty; undefined at the end. */
  async read(): Promise<Uint8Array | undefined> {
    if (this.#pushed) {
      const chunk = this.#pushed;
      this.#pushed = undefined;
      return chunk;
    }
    while (!this.#ended) {
      const chunk = await this.#reader.read();
      if (!chunk) this.#ended = true;
      else if (chunk.length > 0) {
        this.bytes += chunk.length;
        if (this.bytes > this.#limit)
          throw new ServiceError('too-many-bytes', `Expected at most ${this.#limit} bytes of image.`, {
            members: { limit: { bytes: this.#limit } },
          });
        return chunk;
      }
    }
    return undefined;
  }

  /** The first `count` bytes, or all if there are fewer; they will be read again. */
  async peek(count: number): Promise<Uint8Array> {
    let head = (await this.read()) ?? new Uint8Array(0);
    // The next read may use the same buffer.
    if (head.length < count) head = head.slice();
    while (head.length > 0 && head.length < count) {
      const chunk = await this.read();
      if (!chunk) break;
      head = joined([head, chunk]);
    }
    if (head.length > 0) this.#pushed = head;
    return head.subarray(0, count);
  }

  /** Everything that is left, in one array. */
  rest(): Promise<Uint8Array> {
    return readAll(this);
  }

  /** Reads to the end and forgets it, as far as the limit allows. */
  async drain(): Promise<void> {
    while (this.bytes <= this.#limit && (await this.read())) {
      // Nothing to do with it.
    }
  }

  async cancel(reason: unknown): Promise<void> {
    this.#ended = true;
    await this.#reader.cancel(reason).catch(() => {});
  }
}
