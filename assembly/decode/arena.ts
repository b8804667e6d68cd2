// Working memory of one picture: a bump allocator after the static data, emptied by `open`. It frees nothing
// but the last pieces, and it answers 0 instead of trapping when the picture's maximum is reached.

let top: usize = 0;
let most: usize = 0;

export class Arena {
  /** @param bytes of the whole memory that may be used; what an earlier picture has grown it to does not count */
  static reset(bytes: usize): void {
    top = (__heap_base + 15) & ~15;
    most = bytes;
  }

  /** `bytes` of memory with 16 readable bytes on both sides, aligned to 16; 0 when there is not enough. */
  static take(bytes: usize): usize {
    const start = top + 16;
    const end = (start + bytes + 31) & ~15;
    const pages = <i32>((end + 0xffff) >>> 16) - memory.size();
    if (end < start || end > most || (pages > 0 && memory.grow(pages) < 0)) return 0;
    top = end;
    return start;
  }

  /** What is taken after a `mark` can be given back together by `release`. */
  static mark(): usize {
    return top;
  }

  static release(mark: usize): void {
    top = mark;
  }

  /** The same, filled with zeros. */
  static takeZeroed(bytes: usize): usize {
    const start = Arena.take(bytes);
    if (start) memory.fill(start - 16, 0, bytes + 32);
    return start;
  }
}
