// An R2 bucket that holds one object and misbehaves as a test asks.

export interface Faults {
  /** Bytes after which the stream fails, from the start of each read. */
  resetAfter?: number;
  /** Bytes after which the stream says nothing more. */
  stallAfter?: number;
  /** Only this many reads misbehave. */
  times?: number;
  /** Between the first and the second read another object takes the key. */
  replaced?: boolean;
  /** Milliseconds before `get` answers. */
  slowMs?: number;
  /** Thrown by `get`. */
  error?: Error;
}

const PIECE_BYTES = 4096;

export class FaultyBucket {
  bytes: Uint8Array;
  etag = 'one';
  faults: Faults = {};
  /** Conditional reads of an object that had not changed. */
  refusals = 0;
  /** Offsets of all reads. */
  reads: number[] = [];

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Another object under the key. */
  put(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.etag = `${this.etag}+`;
  }

  /** The part of R2Bucket that the loader uses. */
  get asR2(): R2Bucket {
    return this as unknown as R2Bucket;
  }

  async get(
    _key: string,
    options?: { range?: { offset: number }; onlyIf?: { etagMatches?: string; etagDoesNotMatch?: string } },
  ) {
    if (options?.onlyIf?.etagDoesNotMatch === this.etag) {
      this.refusals++;
      return { etag: this.etag };
    }
    const offset = options?.range?.offset ?? 0;
    const { times = Number.POSITIVE_INFINITY, ...faults } = this.faults;
    const faulty = this.reads.length < times;
    this.reads.push(offset);
    if (faults.replaced && this.reads.length === 2) this.etag = 'two';
    if (faulty && faults.slowMs) await scheduler.wait(faults.slowMs);
    if (faulty && faults.error) throw faults.error;
    if ((options?.onlyIf?.etagMatches ?? this.etag) !== this.etag) return { etag: this.etag };
    const body = streamOf(this.bytes.subarray(offset), faulty ? faults : {});
    return { etag: this.etag, size: this.bytes.byteLength, body };
  }
}

function streamOf(bytes: Uint8Array, { resetAfter, stallAfter }: Faults): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      if (resetAfter !== undefined && at >= resetAfter) throw new Error('Network connection lost.');
      if (stallAfter !== undefined && at >= stallAfter) await new Promise(() => undefined);
      if (at >= bytes.byteLength) {
        controller.close();
        controller.byobRequest?.respond(0);
        return;
      }
      const end = Math.min(bytes.byteLength, at + PIECE_BYTES);
      controller.enqueue(bytes.slice(at, end));
      at = end;
    },
  });
}

/** A copy with one bit of the byte `at` flipped. */
export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
