// The bytes that a client sends, as the rest of the Worker reads them: peek, read, limit, drain. The only code that
// reads request bodies. It counts the bytes, and whoever falls behind the slowest pace (pace.ts) is answered 408.
//
// A piece is valid until the next read (byte-source.ts): whoever keeps bytes copies them.
import { ServiceError } from '../errors.ts';
import { type ByteSource, byteSource, joined } from './byte-source.ts';
import { Holder } from './holder.ts';
import { Pace, type PaceLimits } from './pace.ts';
import { Turns, tooSlow } from './turns.ts';

export interface UploadOptions {
  /** Bytes at most. */
  limit?: number;
  /** What messages call it: `image`, `JSON body`, a file's name. */
  what?: string;
  /** Length that is said to come, where the source does not know it. */
  announced?: number | undefined;
  /** For bodies of requests: without it, the source may take as long as it likes. */
  pace?: PaceLimits;
  /** The request that reads. */
  holder?: Holder;
  /** Called once, when the first bytes have arrived, before they are given on. */
  onFirstBytes?: () => Promise<void>;
  /**
   * A refused body is read to its end all the same, as far as that is cheap: many clients send the whole body before
   * they read the answer, and report a broken pipe when it closes in between.
   */
  drained?: boolean;
}

const DRAIN_MAX_BYTES = 64 << 20;
const DRAIN_MAX_MS = 5_000;
/** Bodies that are read to their end and dropped, at once; further ones are cut off, so that memory stays bounded. */
const drains = new Turns({
  what: 'room for the rest of a body',
  member: 'drained_bodies',
  capacity: 512,
  maxWaitMs: 0,
  maxWaiting: 0,
});

export class Upload {
  readonly #source: ByteSource;
  readonly #options: UploadOptions;
  #limit: number;
  #what: string;
  #peeked: Uint8Array | undefined;
  #ended = false;
  readonly #pace: Pace | undefined;
  /** A read that was begun before it was asked for. */
  #ahead: Promise<Uint8Array | undefined> | undefined;
  /** Bytes that have arrived. */
  bytes = 0;

  constructor(source: ReadableStream<Uint8Array> | Uint8Array | ByteSource, options: UploadOptions = {}) {
    this.#source = byteSource(source);
    this.#options = options;
    this.#pace = options.pace && new Pace(options.pace, options.holder);
    this.#limit = options.limit ?? Number.POSITIVE_INFINITY;
    this.#what = options.what ?? 'upload';
  }

  /** What has no Upload yet gets one. */
  static from(source: Upload | ReadableStream<Uint8Array> | Uint8Array): Upload {
    return source instanceof Upload ? source : new Upload(source);
  }

  /** Length of all bytes, where it is known before they have come. */
  get announced(): number | undefined {
    return this.#options.announced ?? this.#source.announced;
  }

  /** Lowers the limit, and says what the bytes are. */
  limit(bytes: number, what: string): this {
    this.#limit = Math.min(this.#limit, bytes);
    this.#what = what;
    return this;
  }

  /** Refuses a body whose announced length is over the limit. Throws ServiceError too-many-bytes. */
  async announce(bytes: number): Promise<void> {
    if (bytes > this.#limit) await this.#refuse();
  }

  /**
   * The next bytes, not empty; undefined at the end. Valid until the next read.
   * Throws ServiceError: too-many-bytes, too-slow, bad-request when the client breaks off.
   */
  async read(): Promise<Uint8Array | undefined> {
    if (this.#peeked) {
      const piece = this.#peeked;
      this.#peeked = undefined;
      // The limit may have been lowered since.
      if (this.bytes > this.#limit) await this.#refuse();
      return piece;
    }
    while (!this.#ended) {
      const piece = await this.#next();
      if (!piece) this.#ended = true;
      else if (piece.byteLength > 0) {
        const first = this.bytes === 0;
        this.bytes += piece.byteLength;
        if (this.bytes > this.#limit) await this.#refuse();
        return first ? this.#admitted(piece) : piece;
      }
    }
    return undefined;
  }

  /** The first `count` bytes, or all if there are fewer; they will be read again. */
  async peek(count: number): Promise<Uint8Array> {
    return (await this.gather(count)).subarray(0, count);
  }

  /** Waits until `count` bytes are in hand, or all; they will be read again, in one piece. */
  async gather(count: number): Promise<Uint8Array> {
    let head = (await this.read()) ?? new Uint8Array(0);
    if (head.length > 0 && head.length < count) {
      const pieces = [head.slice()];
      for (let length = head.length; length < count; ) {
        const piece = await this.read();
        if (!piece) break;
        pieces.push(piece.slice());
        length += piece.length;
      }
      head = pieces.length === 1 ? (pieces[0] ?? head) : joined(pieces);
    }
    if (head.length > 0) this.#peeked = head;
    return head;
  }

  /** Everything that is left, in one array of its own. */
  async rest(): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for (let piece = await this.read(); piece; piece = await this.read()) pieces.push(piece.slice());
    const [only] = pieces;
    return only && pieces.length === 1 ? only : joined(pieces);
  }

  /** Everything that is left, as a stream of copies. Its consumer sees this upload's errors. */
  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream(
      {
        pull: async (controller) => {
          const piece = await this.read();
          if (piece) controller.enqueue(piece.slice());
          else controller.close();
        },
        cancel: (reason) => this.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  }

  /** Reads to the end and forgets it. Throws as read. */
  async skip(): Promise<void> {
    while (await this.read()) {
      // Nothing to do with it.
    }
  }

  /** Reads to the end or to a bound and forgets it, then cancels. Never throws. */
  async drain(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#peeked = undefined;
    const holder = this.#options.holder ?? new Holder();
    const permit = await drains.enter(holder).catch(() => undefined);
    // Not a race with a timer's promise, which would keep every piece until it is over.
    const timer = setTimeout(() => void this.#source.cancel().catch(() => undefined), DRAIN_MAX_MS);
    try {
      for (let bytes = 0; permit && bytes < DRAIN_MAX_BYTES; ) {
        const piece = await this.#readOn();
        if (!piece) break;
        bytes += piece.byteLength;
        this.bytes += piece.byteLength;
      }
      await this.#source.cancel();
    } catch {
      // The client has gone: there is nobody left to answer.
    } finally {
      clearTimeout(timer);
      permit?.leave();
      if (!this.#options.holder) holder.stop();
    }
  }

  /** Nothing more will be read. Never throws. */
  async cancel(reason?: unknown): Promise<void> {
    if (this.#options.drained && !this.#options.holder?.revoked) return this.drain();
    this.#ended = true;
    this.#peeked = undefined;
    await this.#source.cancel(reason).catch(() => undefined);
  }

  /** First the rest, then the error: the answer must not overtake the body. */
  async #refuse(): Promise<never> {
    await this.drain();
    throw new ServiceError('too-many-bytes', `${this.#what}: expected at most ${this.#limit} bytes`, {
      members: { limit: { bytes: this.#limit } },
    });
  }

  #readOn(): Promise<Uint8Array | undefined> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    return ahead ?? this.#source.read();
  }

  /**
   * The first piece, when the request has got its place. Meanwhile the next read goes on: a client that hangs up is
   * only seen by whoever reads, and thousands of them would wait in the line.
   */
  async #admitted(piece: Uint8Array): Promise<Uint8Array> {
    const { onFirstBytes, holder } = this.#options;
    if (!onFirstBytes) return piece;
    const kept = piece.slice();
    let waits = true;
    const ahead = this.#source.read();
    this.#ahead = ahead;
    ahead.catch(() => {
      if (waits) holder?.revoke();
    });
    try {
      await onFirstBytes();
    } finally {
      waits = false;
    }
    return kept;
  }

  /** One read of the source, timed. */
  async #next(): Promise<Uint8Array | undefined> {
    const pace = this.#pace;
    if (!pace) return this.#readOn();
    let piece: Uint8Array | undefined;
    pace.begin(() => void this.#source.cancel().catch(() => undefined));
    try {
      piece = await this.#readOn();
    } catch (cause) {
      if (cause instanceof ServiceError) throw cause;
      if (!pace.lost)
        throw new ServiceError('bad-request', `the upload broke off after ${this.bytes} bytes`, { cause });
    } finally {
      pace.end(piece?.byteLength);
    }
    if (!pace.lost) return piece;
    this.#ended = true;
    const { graceMs, bytesPerSecond } = pace.limits;
    throw tooSlow(
      this.#options.holder?.revoked
        ? `the upload was too slow while others waited: ${this.bytes} bytes had arrived`
        : `expected ${graceMs} ms at most between bytes, or ${bytesPerSecond} bytes a second; ` +
            `the upload stopped after ${this.bytes} bytes`,
    );
  }
}
