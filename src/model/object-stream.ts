// Reads an R2 object piece by piece through one scratch buffer: 1 MiB reads straight from the runtime's buffer
// (a default reader gives 4 KiB chunks and takes three times as long; a reader onto wasm memory is refused).

export class ObjectStream {
  readonly #reader: ReadableStreamBYOBReader;
  #scratch: ArrayBuffer;

  /** @param chunkBytes size of the scratch buffer, and of the largest read */
  constructor(body: ReadableStream<Uint8Array>, chunkBytes: number) {
    this.#reader = body.getReader({ mode: 'byob' });
    this.#scratch = new ArrayBuffer(chunkBytes);
  }

  /**
   * The next bytes: exactly `bytes` (at most a chunk), or fewer at the end of the object. Valid until the next call.
   */
  async read(bytes: number): Promise<Uint8Array> {
    const size = Math.min(bytes, this.#scratch.byteLength);
    const { value } = await this.#reader.readAtLeast(size, new Uint8Array(this.#scratch, 0, size));
    if (!value) return new Uint8Array(0);
    this.#scratch = value.buffer;
    return value;
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => undefined);
  }
}
