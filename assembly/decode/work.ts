// How much a decode may cost beyond what the picture's size explains: a thousand scans over the same blocks, or
// gigabytes of zeros out of a few kilobytes. The limit comes from the host; over it the answer is WORK.

export class Work {
  private static left: i64 = 0;

  static reset(limit: u32): void {
    Work.left = <i64>limit;
  }

  /** False once the limit is passed. */
  static charge(units: i64): bool {
    Work.left -= units;
    return Work.left >= 0;
  }
}
