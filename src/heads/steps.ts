// Training in pieces. A generator yields after some milliseconds of work how many multiply-adds that was; whoever runs
// it may let others go first before it asks for the next piece.

/** Multiply-adds of a piece: some milliseconds. */
const PIECE_MACS = 2_000_000;

/** Collects work until it is a piece. */
export class Pieces {
  #macs = 0;

  *add(macs: number): Generator<number, void, void> {
    this.#macs += macs;
    if (this.#macs < PIECE_MACS) return;
    const done = this.#macs;
    this.#macs = 0;
    yield done;
  }
}

/** Runs all steps at once. @param heard multiply-adds of each */
export function finish<T>(steps: Generator<number, T, void>, heard?: (macs: number) => void): T {
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value;
    heard?.(step.value);
  }
}
