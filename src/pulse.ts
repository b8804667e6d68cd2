// The sign of life of a request that holds something others wait for. A request whose client hung up may simply stop
// running: no `finally`, no rejected promise. Its timers stop with it, so a timer that no longer beats says that the
// holder is gone, and what it held can be given away. Plain data: nobody awaits anything of another request.

const BEAT_MS = 250;
/** Longer than any computation that keeps timers from firing. */
const LOST_MS = 3_000;

export class Pulse {
  #beat = Date.now();
  readonly #timer: ReturnType<typeof setInterval>;

  /** To be made by the request that holds; beats until `stop`. */
  constructor() {
    this.#timer = setInterval(() => {
      this.#beat = Date.now();
    }, BEAT_MS);
  }

  /** Whether the request still runs, as far as anybody else can tell. */
  beats(now: number): boolean {
    return now - this.#beat < LOST_MS;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
