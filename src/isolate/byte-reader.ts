// Reads a stream in pieces of 64 KiB where it is a byte stream, such as a request's body: its default reader brings
// 4 KiB at a time. All pieces of a stream share one buffer, and the next stream takes it over: under load the garbage
// of buffers would be most of an isolate's heap.

const CHUNK_BYTES = 1 << 16;
/** 4 MiB; as many streams are read at once when an isolate is full. */
const MAX_SPARE = 64;
/** Buffers of streams that have ended. */
const spare: ArrayBuffer[] = [];

export interface ByteReader {
  /** The next bytes, perhaps none, valid until the next call; undefined at the end. Rejects as the stream does. */
  read(): Promise<Uint8Array | undefined>;
  cancel(reason?: unknown): Promise<void>;
}

function inPieces(stream: ReadableStream<Uint8Array>, bytes: number): ByteReader | undefined {
  try {
    const reader = stream.getReader({ mode: 'byob' });
    let buffer = (bytes === CHUNK_BYTES && spare.pop()) || new ArrayBuffer(bytes);
    let ended = false;
    return {
      async read() {
        if (ended) return undefined;
        const { done, value } = await reader.read(new Uint8Array(buffer));
        if (value) buffer = value.buffer as ArrayBuffer;
        if (!done) return value;
        // Once only: a reader may be asked again, by two at a time.
        if (!ended && buffer.byteLength === CHUNK_BYTES && spare.length < MAX_SPARE) spare.push(buffer);
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

function asTheyCome(stream: ReadableStream<Uint8Array>): ByteReader {
  const reader = stream.getReader();
  return {
    async read() {
      const { done, value } = await reader.read();
      return done ? undefined : value;
    },
    cancel: (reason) => reader.cancel(reason),
  };
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

/** All that is left, in one array. */
export async function readAll(reader: Pick<ByteReader, 'read'>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (let piece = await reader.read(); piece; piece = await reader.read()) pieces.push(piece.slice());
  const [only] = pieces;
  return only && pieces.length === 1 ? only : joined(pieces);
}

/** @param bytes of a piece at most */
export function byteReader(stream: ReadableStream<Uint8Array>, bytes = CHUNK_BYTES): ByteReader {
  return inPieces(stream, bytes) ?? asTheyCome(stream);
}
