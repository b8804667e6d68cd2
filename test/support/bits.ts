// Writes bits lowest first, as deflate and GIF have them; deflate's own codes are written with `code`, first bit
// of the code first.
export class Bits {
  private readonly out: number[] = [];
  private byte = 0;
  private count = 0;

  /** `value` in `width` bits, lowest first. */
  put(value: number, width: number): this {
    for (let i = 0; i < width; i++) {
      this.byte |= ((value >> i) & 1) << this.count;
      if (++this.count === 8) this.align();
    }
    return this;
  }

  /** A prefix code, highest bit first. */
  code(value: number, width: number): this {
    for (let i = width - 1; i >= 0; i--) this.put((value >> i) & 1, 1);
    return this;
  }

  align(): this {
    if (this.count > 0) this.out.push(this.byte);
    this.byte = 0;
    this.count = 0;
    return this;
  }

  bytes(): Buffer {
    this.align();
    return Buffer.from(this.out);
  }
}
