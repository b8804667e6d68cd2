// Bytes that arrive in pieces, and the stream of a request's body as such a source. A byte stream is read in pieces
// of up to 64 KiB (its default reader brings 4 KiB at a time); all pieces of a stream share one buffer, which the
// next stream takes over: under load the garbage of buffers would be most of an isolate's heap. The first pieces are
// read into small buffers, because many clients may open a request and send nothing, or little and then nothing; and
// the buffer of a request whose client hangs up is lost.

const FIRST_BYTES = 1 << 12;
const SMALL_BYTES = 1 << 14;
/** From so many bytes on pieces are large. */
const LONG_BYTES = 128 << 10;
const PIECE_BYTES = 1 << 16;
/** 4 MiB; as many streams are read at once when an isolate is full. */
const MAX_SPARE = 64;
/** Buffers of streams that have ended. */
const spare: ArrayBuffer[] = [];

/** THE rule of this house for pieces of bytes: a piece is valid until the next read of the same source. */
export interface ByteSource {
  /** The next bytes, perhaps none; undefined at the end. Valid until the next call. Rejects as the stream does. */
  read(): Promise<Uint8Array | undefined>;
  cancel(reason?: unknown): Promise<void>;
  /** Length of all bytes, where it is known before they have come. */
  readonly announced?: number | undefined;
}

function byteStream(stream: ReadableStream<Uint8Array>): ByteSource | undefined {
  try {
    const reader = stream.getReader({ mode: 'byob' });
    let buffer = new ArrayBuffer(FIRST_BYTES);
    let ended = false;
    let bytes = 0;
    return {
      async read() {
        if (ended) return undefined;
        if (bytes >= LONG_BYTES && buffer.byteLength < PIECE_BYTES)
          buffer = spare.pop() ?? new ArrayBuffer(PIECE_BYTES);
        else if (bytes > 0 && buffer.byteLength === FIRST_BYTES) buffer = new ArrayBuffer(SMALL_BYTES);
        const { done, value } = await reader.read(new Uint8Array(buffer));
        if (value) buffer = value.buffer as ArrayBuffer;
        bytes += value?.byteLength ?? 0;
        if (!done) return value;
        // Guard: read() may be called again, even concurrently, after the end.
        if (!ended && buffer.byteLength === PIECE_BYTES && spare.length < MAX_SPARE) spare.push(buffer);
        ended = true;
        return undefined;
      },
      cancel: (reason) => reader.cancel(reason),
    };
  } catch {
    // Not a byte stream: the caller takes the default reader.
    return undefined;
  }
}

function anyStream(stream: ReadableStream<Uint8Array>): ByteSource {
  const reader = stream.getReader();
  return {
    async read() {
      const { done, value } = await reader.read();
      return done ? undefined : value;
    },
    cancel: (reason) => reader.cancel(reason),
  };
}

function wholeBytes(bytes: Uint8Array): ByteSource {
  let given = false;
  return {
    announced: bytes.byteLength,
    async read() {
      if (given) return undefined;
      given = true;
      return bytes;
    },
    async cancel() {},
  };
}

export function byteSource(source: ReadableStream<Uint8Array> | Uint8Array | ByteSource): ByteSource {
  if (source instanceof Uint8Array) return wholeBytes(source);
  if (source instanceof ReadableStream) return byteStream(source) ?? anyStream(source);
  return source;
}

/** One array of all pieces. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}
