// The chunk of the RIFF file that is being read, and what its pixels may cost: no format gives more pixels for a byte
// than deflate can, about 1024, above a sum that is free. Codes of no bits and skipped macroblocks would.
import { Input } from '../input';
import { COMPLEX, MORE } from '../status';

const FREE_PIXELS: u64 = 1 << 20;
const PIXELS_A_BYTE: u64 = 1024;
/** Bytes ahead that count as paid: the same for any size of the pieces that the file comes in. */
const AHEAD: u64 = 1 << 16;

export class Chunk {
  /** Bytes that have not been taken yet. */
  static left: u32 = 0;
  /** Bytes of the file before Input.at. */
  static used: u64 = 0;
  /** What to answer when the pixels are not paid. */
  static unpaid: i32 = MORE;

  /** Bytes of the chunk that have arrived. */
  @inline static here(): i32 {
    return <i32>min<u32>(Chunk.left, <u32>Input.left());
  }

  /** No more bytes of the chunk will come. */
  static complete(): bool {
    return Input.last || Chunk.left <= <u32>Input.left();
  }

  /** The file ends inside of the chunk. */
  static cut(): bool {
    return Input.last && Chunk.left > <u32>Input.left();
  }

  static take(bytes: i32): void {
    Input.at += bytes;
    Chunk.left -= <u32>bytes;
    Chunk.used += <u64>bytes;
  }

  static paid(pixels: u64): bool {
    const bytes = Chunk.used + min<u64>(AHEAD, <u64>Input.left());
    if (pixels <= FREE_PIXELS + bytes * PIXELS_A_BYTE) return true;
    Chunk.unpaid = Input.last || <u64>Input.left() >= AHEAD ? COMPLEX : MORE;
    return false;
  }
}
