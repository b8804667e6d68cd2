// The sign of life of a request that holds something others wait for. A request whose client hung up may simply stop
// running: no `finally`, no rejected promise. Its timers stop with it, so a timer that no longer beats says that the
// holder is gone, and what it held can be given away. A long computation keeps everybody's timers from firing, so
// silence is measured in time during which timers did fire. Plain data: nobody awaits anything of another request.

const BEAT_MS = 250;
/** Silence, while others' timers fire, after which a holder is gone: three beats are missing. */
const LOST_MS = 750;
/** The same by the wall clock, when nobody's timers fire: longer than any computation. */
const IDLE_LOST_MS = 3_000;
/** What one gap between two timers counts at most. */
const STEP_MS = 50;

/** Time during which this isolate's timers fire, ms; moved on by whoever beats or watches. */
let awake = 0;
let last = 0;

function wake(now: number): number {
  awake += Math.min(Math.max(now - last, 0), STEP_MS);
  last = now;
  return awake;
}

export class Pulse {
  #at = Date.now();
  #awake = wake(this.#at);
  readonly #timer: ReturnType<typeof setInterval>;

  /** To be made by the request that holds; beats until `stop`. */
  constructor() {
    this.#timer = setInterval(() => this.beat(), BEAT_MS);
  }

  /** To be called by the holder when it works: a request busy with its upload may not get to its timer. */
  beat(): void {
    this.#at = Date.now();
    this.#awake = wake(this.#at);
  }

  /** Whether the request still runs, as far as anybody else can tell who asks again and again. */
  beats(now: number): boolean {
    return wake(now) - this.#awake < LOST_MS && now - this.#at < IDLE_LOST_MS;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
