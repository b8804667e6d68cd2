// The bytes of a photo that lies elsewhere, as a source that opens at its first read: a list of them does not open
// them all at once, and one that fails fails alone. Bounded in bytes and time, whatever the other side says or does.
import { ServiceError } from '../errors.ts';
import { type ByteSource, byteSource } from '../isolate/byte-source.ts';
import type { Holder } from '../isolate/holder.ts';
import { Upload } from '../isolate/upload.ts';

/** From the first read to the last byte. */
const MAX_MS = 10_000;
/** Bytes a second, below which a request counts as behind. */
const SLOWEST_HOST = 50_000;

export interface Opened {
  stream: ReadableStream<Uint8Array>;
  /** Length that the other side says, where it does. */
  bytes?: number | undefined;
}

export interface RemoteOptions {
  /** Bytes at most. */
  limit: number;
  /** What messages call it: `key` or `url`. */
  what: string;
  maxMs?: number;
  /** The trace context of the request, for a host that is asked by HTTP; '' = none. */
  traceParent?: string;
  /** The request that reads: what it holds may go to others while it waits for a slow host. */
  holder?: Holder | undefined;
}

/** Rejects when the signal fires first: not everybody who is asked listens to it. */
function inTime(opening: Promise<Opened>, signal: AbortSignal): Promise<Opened> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('the time is over')), { once: true });
    opening.then((opened) => {
      if (signal.aborted) void opened.stream.cancel().catch(() => undefined);
      resolve(opened);
    }, reject);
  });
}

/**
 * @param open asks the other side; its signal fires when the time is over
 * The upload's reads throw ServiceError: what `open` throws, too-many-bytes, photo-unreachable.
 */
export function remoteUpload(
  open: (signal: AbortSignal) => Promise<Opened>,
  { limit, what, holder, maxMs = MAX_MS }: RemoteOptions,
): Upload {
  const ending = new AbortController();
  let source: ByteSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let bytes = 0;
  let announced: number | undefined;

  const end = async () => {
    if (timer !== undefined) clearTimeout(timer);
    await source?.cancel().catch(() => undefined);
  };
  const tooMany = () =>
    new ServiceError('too-many-bytes', `${what}: expected at most ${limit} bytes`, {
      members: { limit: { bytes: limit } },
    });

  const remote: ByteSource = {
    get announced() {
      return announced;
    },
    async read() {
      timer ??= setTimeout(() => {
        ending.abort();
        void source?.cancel().catch(() => undefined);
      }, maxMs);
      try {
        if (!source) {
          const opened = await inTime(open(ending.signal), ending.signal);
          source = byteSource(opened.stream);
          announced = opened.bytes;
          if ((announced ?? 0) > limit) throw tooMany();
        }
        const piece = await source.read();
        if (ending.signal.aborted) throw new Error('the time is over');
        bytes += piece?.byteLength ?? 0;
        // Before the upload counts: it would read the rest, to be polite to a client.
        if (bytes > limit) throw tooMany();
        if (!piece) clearTimeout(timer);
        return piece;
      } catch (cause) {
        await end();
        if (cause instanceof ServiceError) throw cause;
        const why = ending.signal.aborted ? ` within ${maxMs / 1000} s` : '';
        throw new ServiceError('photo-unreachable', `${what}: the photo could not be read${why}`, { cause });
      }
    },
    cancel: end,
  };
  // The time of this source ends first.
  const pace = { graceMs: 2 * maxMs, bytesPerSecond: SLOWEST_HOST };
  return new Upload(remote, { what, ...(holder ? { holder, pace } : {}) });
}
