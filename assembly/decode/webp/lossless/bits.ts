// Bits of a VP8L chunk (RFC 9649, 3.3), lowest first, straight from the input. Who reads asks `ready` first for all
// that one unit can take, or the chunk is there to its end; `overrun` then says whether the end was passed.
import { Input } from '../../input';
import { Chunk } from '../chunk';

export class Bits {
  static at: usize = 0;
  static bits: u64 = 0;
  static count: u64 = 0;

  static open(): void {
    Bits.bits = 0;
    Bits.count = 0;
  }

  /** Goes on at Input.at; between `resume` and `pause` the input must not be used otherwise. */
  static resume(): void {
    Bits.at = Input.at;
  }

  /** Gives whole bytes back. */
  static pause(): void {
    Bits.at -= <usize>(Bits.count >> 3);
    Bits.count &= 7;
    Bits.bits &= ((<u64>1) << Bits.count) - 1;
    Chunk.take(min<i32>(<i32>(Bits.at - Input.at), Chunk.here()));
  }

  /** Are `bytes` more bytes here, or all that there are? To be asked before `resume`. */
  static ready(bytes: i32): bool {
    return Chunk.here() >= bytes || Chunk.complete();
  }

  static overrun(): bool {
    return Bits.at - <usize>(Bits.count >> 3) > Input.at + <usize>Chunk.here();
  }

  @inline static refill(): void {
    Bits.bits |= load<u64>(Bits.at) << Bits.count;
    Bits.at += <usize>((63 - Bits.count) >> 3);
    Bits.count |= 56;
  }

  /** A number of up to 32 bits. */
  static read(count: u32): u32 {
    Bits.refill();
    const value = <u32>(Bits.bits & (((<u64>1) << (<u64>count)) - 1));
    Bits.bits >>= <u64>count;
    Bits.count -= <u64>count;
    return value;
  }
}
