// An isolate's JavaScript heap, as the inspector protocol tells it (wasm memories are not in it).

/** Bytes. Source: Runtime.getHeapUsage of the Chrome DevTools Protocol. */
export interface HeapUsage {
  usedSize: number;
  /** Array buffers and strings outside of the heap. */
  backingStorageSize: number;
  embedderHeapUsedSize: number;
}

export class HeapProbe {
  readonly #socket: WebSocket;
  #id = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** @param inspector of the isolate. Throws Error when nobody answers there. */
  static async open(inspector: URL): Promise<HeapProbe> {
    const socket = new WebSocket(inspector.href);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true });
      const refused = new Error(`${inspector}: expected the inspector, found none`);
      socket.addEventListener('error', () => reject(refused), { once: true });
    });
    return new HeapProbe(socket);
  }

  async usage(): Promise<HeapUsage> {
    const id = ++this.#id;
    const answer = new Promise<Partial<HeapUsage>>((resolve) => {
      const listen = ({ data }: MessageEvent) => {
        const message = JSON.parse(String(data));
        if (message.id !== id) return;
        this.#socket.removeEventListener('message', listen);
        resolve(message.result);
      };
      this.#socket.addEventListener('message', listen);
    });
    this.#socket.send(JSON.stringify({ id, method: 'Runtime.getHeapUsage' }));
    const { usedSize = 0, backingStorageSize = 0, embedderHeapUsedSize = 0 } = await answer;
    return { usedSize, backingStorageSize, embedderHeapUsedSize };
  }

  close(): void {
    this.#socket.close();
  }
}
