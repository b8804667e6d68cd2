// CRC-32 of PNG's chunks (PNG specification, annex D), eight bytes a step with eight tables.

const TABLES = memory.data(8 * 1024, 16);
let ready: bool = false;

export class Crc32 {
  static value: u32 = 0;

  static reset(): void {
    if (!ready) Crc32.build();
    Crc32.value = 0xffffffff;
  }

  static build(): void {
    for (let n = 0; n < 256; n++) {
      let c = <u32>n;
      for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >> 1) : c >> 1;
      store<u32>(TABLES + (n << 2), c);
    }
    for (let t = 1; t < 8; t++)
      for (let n = 0; n < 256; n++) {
        const before = load<u32>(TABLES + ((t - 1) << 10) + (n << 2));
        store<u32>(TABLES + (t << 10) + (n << 2), (before >> 8) ^ Crc32.table(0, before));
      }
    ready = true;
  }

  @inline static table(number: usize, byte: u32): u32 {
    return load<u32>(TABLES + (number << 10) + ((<usize>(byte & 255)) << 2));
  }

  static update(at: usize, bytes: usize): void {
    let c = Crc32.value;
    const end = at + bytes;
    for (; at + 8 <= end; at += 8) {
      const a = load<u32>(at) ^ c;
      const b = load<u32>(at, 4);
      c =
        Crc32.table(7, a) ^
        Crc32.table(6, a >> 8) ^
        Crc32.table(5, a >> 16) ^
        Crc32.table(4, a >> 24) ^
        Crc32.table(3, b) ^
        Crc32.table(2, b >> 8) ^
        Crc32.table(1, b >> 16) ^
        Crc32.table(0, b >> 24);
    }
    for (; at < end; at++) c = Crc32.table(0, c ^ load<u8>(at)) ^ (c >> 8);
    Crc32.value = c;
  }

  static matches(stored: u32): bool {
    return ~Crc32.value === stored;
  }
}
