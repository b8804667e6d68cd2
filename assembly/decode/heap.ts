// The memory of one decode: handed out upward from the end of the static data, emptied by `open`, never freed
// piecemeal. It grows up to the maximum that the module declares (assembly/build.ts).

const PAGE_BYTES: u64 = 65536;

export class Heap {
  private static top: usize = 0;
  /** Set once a request did not fit. Nothing may be written to the address 0 that `take` then returned. */
  static full: bool = false;

  static reset(): void {
    Heap.top = (__heap_base + 15) & ~15;
    Heap.full = false;
  }

  /**
   * @param bytes 64 bits wide, so that products of header fields cannot wrap
   * @returns address, a multiple of 16, contents undefined; 0 and `full` where it does not fit
   */
  static take(bytes: u64): usize {
    if (Heap.full) return 0;
    const start = Heap.top;
    const end = (<u64>start + bytes + 15) & ~15;
    const pages = (end + PAGE_BYTES - 1) / PAGE_BYTES;
    const missing = <i64>pages - <i64>memory.size();
    if (end < bytes || missing > 65536 || (missing > 0 && memory.grow(<i32>missing) < 0)) {
      Heap.full = true;
      return 0;
    }
    Heap.top = <usize>end;
    return start;
  }

  /** As `take`, with zeros in it. */
  static zeroed(bytes: u64): usize {
    const start = Heap.take(bytes);
    if (!Heap.full) memory.fill(start, 0, <usize>bytes);
    return start;
  }
}
