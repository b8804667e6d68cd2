// The bytes that a client sends, as the rest of the Worker reads them: peek, read, limit, drain. The only code that
// reads request bodies. It counts the bytes, and the time that the client keeps us waiting: whoever falls behind the
// slowest pace (GRACE and a rate, below) is answered 408; until then its permits may go to others (turns.ts).
//
// A piece is valid until the next read (byte-source.ts): whoever keeps bytes copies them.
import { ServiceError } from '../errors.ts';
import { type ByteSource, byteSource, joined } from './byte-source.ts';
import { Holder } from './holder.ts';
import { Turns, tooSlow } from './turns.ts';

/** The slowest pace that a client may have. */
export interface Pace {
  /** How long a client may keep us waiting beyond the time that its bytes take at the rate, ms. */
  graceMs: number;
  bytesPerSecond: number;
}

export interface UploadOptions {
  /** Bytes at most. */
  limit?: number;
  /** What messages call it: `image`, `JSON body`, a file's name. */
  what?: string;
  /** For bodies of requests: without it, the source may take as long as it likes. */
  pace?: Pace;
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
  #behindMs = 0;
  /** Bytes that have arrived. */
  bytes = 0;

  constructor(source: ReadableStream<Uint8Array> | Uint8Array | ByteSource, options: UploadOptions = {}) {
    this.#source = byteSource(source);
    this.#options = options;
    this.#limit = options.limit ?? Number.POSITIVE_INFINITY;
    this.#what = options.what ?? 'upload';
  }

  /** What has no Upload yet gets one. */
  static from(source: Upload | ReadableStream<Uint8Array> | Uint8Array): Upload {
    return source instanceof Upload ? source : new Upload(source);
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
        if (first) await this.#options.onFirstBytes?.();
        return piece;
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
        const piece = await this.#source.read();
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

  /** One read of the source, timed. */
  async #next(): Promise<Uint8Array | undefined> {
    const { pace, holder } = this.#options;
    if (!pace) return this.#source.read();
    const started = Date.now();
    let late = false;
    const stop = () => {
      late = true;
      void this.#source.cancel().catch(() => undefined);
    };
    holder?.waitForClient(this.#behindMs);
    const timer = setTimeout(stop, Math.max(pace.graceMs - this.#behindMs, 0));
    const forget = holder?.onRevoked(stop);
    let piece: Uint8Array | undefined;
    try {
      piece = await this.#source.read();
    } catch (cause) {
      if (!late)
        throw new ServiceError('bad-request', `the upload broke off after ${this.bytes} bytes`, { cause });
    } finally {
      clearTimeout(timer);
      forget?.();
      holder?.resume();
    }
    if (late || holder?.revoked) {
      this.#ended = true;
      throw tooSlow(
        holder?.revoked
          ? `the upload was too slow while others waited: ${this.bytes} bytes had arrived`
          : `expected ${pace.graceMs} ms at most between bytes, or ${pace.bytesPerSecond} bytes a second; ` +
              `the upload stopped after ${this.bytes} bytes`,
      );
    }
    const earnedMs = ((piece?.byteLength ?? 0) / pace.bytesPerSecond) * 1000;
    this.#behindMs = Math.max(this.#behindMs + Date.now() - started - earnedMs, 0);
    return piece;
  }
}
