// The bytes that have arrived and are not used yet: [at, end). The host writes behind `end`; a decoder moves `at`.
// A decoder that finds too little returns NEED and starts the same step again with the next feed, so a step's
// input must fit in CAPACITY; longer things (a chunk to pass over, pixel data) are taken piece by piece.
import { Heap } from './heap';

const CAPACITY: usize = 1 << 17;
/** Bytes behind `end` that may be read (not used): vector loads need no care at the end. */
const SLACK: usize = 64;

export class Input {
  private static base: usize = 0;
  private static pending: u64 = 0;
  static at: usize = 0;
  static end: usize = 0;
  /** Nothing comes after `end`. */
  static last: bool = false;

  static reset(): void {
    Input.base = Heap.take(<u64>(CAPACITY + SLACK));
    Input.at = Input.end = Input.base;
    Input.last = false;
    Input.pending = 0;
  }

  /** Moves the unused bytes to the front; returns how many bytes the host may write at `end`. */
  static room(): i32 {
    const unused = Input.end - Input.at;
    if (Input.at > Input.base) memory.copy(Input.base, Input.at, unused);
    Input.at = Input.base;
    Input.end = Input.base + unused;
    return <i32>(CAPACITY - unused);
  }

  /** `count` bytes were written at `end`. */
  static accept(count: usize, last: bool): void {
    Input.end += count;
    Input.last = last;
    Input.skip(0);
  }

  /** Passes over `count` bytes, those that have not arrived yet included. */
  static skip(count: u64): void {
    const all = Input.pending + count;
    const now = min(all, <u64>(Input.end - Input.at));
    Input.at += <usize>now;
    Input.pending = all - now;
  }

  @inline static available(): i32 {
    return <i32>(Input.end - Input.at);
  }

  /** Big-endian, as in JPEG and PNG. */
  @inline static be16(address: usize): i32 {
    return ((<i32>load<u8>(address)) << 8) | <i32>load<u8>(address, 1);
  }

  @inline static be32(address: usize): u32 {
    return bswap<u32>(load<u32>(address));
  }
}
