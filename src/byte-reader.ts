// Reads a stream in pieces of 64 KiB where it is a byte stream, such as a request's body: its default reader brings
// 4 KiB at a time. All pieces share one buffer: under load the garbage of buffers would be most of an isolate's heap.

const CHUNK_BYTES = 1 << 16;

export interface ByteReader {
  /** The next bytes, perhaps none, valid until the next call; undefined at the end. Rejects as the stream does. */
  read(): Promise<Uint8Array | undefined>;
  cancel(reason?: unknown): Promise<void>;
}

function inPieces(stream: ReadableStream<Uint8Array>): ByteReader | undefined {
  try {
    const reader = stream.getReader({ mode: 'byob' });
    let buffer = new ArrayBuffer(CHUNK_BYTES);
    let ended = false;
    return {
      async read() {
        if (ended) return undefined;
        const { done, value } = await reader.read(new Uint8Array(buffer));
        ended = done;
        if (done) return undefined;
        buffer = value.buffer as ArrayBuffer;
        return value;
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

export function byteReader(stream: ReadableStream<Uint8Array>): ByteReader {
  return inPieces(stream) ?? asTheyCome(stream);
}
