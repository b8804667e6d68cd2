// Reads forward through a part of a buffer, little-endian. Every length is compared with what is left before it is
// used; `take` gives views, never copies.
import { OperatorError } from '../operator-error.ts';

export class Cursor {
  readonly bytes: Buffer;
  readonly end: number;
  position: number;
  readonly #what: string;

  /** From `start` to `end` (exclusive). `what` names the part in errors. */
  constructor(bytes: Buffer, what: string, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
    this.#what = what;
    if (!(start >= 0 && start <= end && end <= bytes.length))
      throw new OperatorError(
        `${what}: expected ${end - start} bytes at position ${start}, found a file of ${bytes.length} bytes`,
      );
  }

  u8(): number {
    return this.bytes.readUInt8(this.#advance(1));
  }

  u16(): number {
    return this.bytes.readUInt16LE(this.#advance(2));
  }

  u32(): number {
    return this.bytes.readUInt32LE(this.#advance(4));
  }

  i32(): number {
    return this.bytes.readInt32LE(this.#advance(4));
  }

  /** Unsigned 64 bits; above 2^53 rounded, which no length inside a file reaches. */
  u64(): number {
    return Number(this.bytes.readBigUInt64LE(this.#advance(8)));
  }

  /** Big-endian, as pickles have it. */
  f64BigEndian(): number {
    return this.bytes.readDoubleBE(this.#advance(8));
  }

  /** A view of the next `length` bytes. */
  take(length: number): Buffer {
    const start = this.#advance(length);
    return this.bytes.subarray(start, start + length);
  }

  #advance(length: number): number {
    const { position } = this;
    if (!(length >= 0 && position + length <= this.end))
      throw new OperatorError(
        `${this.#what}: expected ${length} bytes at position ${position}, found ${this.end - position}`,
      );
    this.position += length;
    return position;
  }
}
