// Sequential JPEG files that sharp cannot write: any sampling, restart intervals, a scan for each component,
// any colour model, samples of 12 bits. The plain textbook way (ITU-T T.81): a float DCT, one flat quantisation table, codes of
// 8 and 12 bits. What the samples mean is up to the reader.
import { randomNumbers } from '../../tools/fixtures/random.ts';

export interface JpegPlan {
  width: number;
  height: number;
  /** [horizontal, vertical] sampling factors of each component. */
  sampling: [number, number][];
  ids?: number[];
  /** MCUs between restart markers. */
  restart?: number;
  /** A scan of its own for each component. */
  separate?: boolean;
  jfif?: boolean;
  /** The transform byte of an Adobe marker. */
  adobe?: number;
  /** FF bytes before each marker, as padding. */
  fill?: boolean;
  /** Of a sample, 8 unless given: the same picture, sixteen times as fine. */
  bits?: 8 | 12;
  /** Step of all coefficients, 6 unless given. */
  quant?: number;
}

const QUANT = 6;
const ZIGZAG = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46,
  53, 60, 61, 54, 47, 55, 62, 63,
];
const DC_SYMBOLS = Array.from({ length: 15 }, (_, i) => i);
const AC_SYMBOLS = [
  0,
  0xf0,
  ...Array.from({ length: 224 }, (_, i) => (Math.floor(i / 14) << 4) | ((i % 14) + 1)),
];
const SHORT_CODES = 100;

class BitWriter {
  readonly bytes: number[] = [];
  #bits = 0;
  #count = 0;

  put(value: number, count: number): void {
    for (let i = count - 1; i >= 0; i--) {
      this.#bits = (this.#bits << 1) | ((value >> i) & 1);
      if (++this.#count < 8) continue;
      this.bytes.push(this.#bits);
      if (this.#bits === 0xff) this.bytes.push(0);
      this.#bits = 0;
      this.#count = 0;
    }
  }

  align(): void {
    while (this.#count > 0) this.put(1, 1);
  }

  symbol(symbol: number, dc: boolean): void {
    if (dc) this.put(DC_SYMBOLS.indexOf(symbol), 4);
    else {
      const place = AC_SYMBOLS.indexOf(symbol);
      // Canonical: the codes of 12 bits go on where those of 8 bits end.
      if (place < SHORT_CODES) this.put(place, 8);
      else this.put((SHORT_CODES << 4) + place - SHORT_CODES, 12);
    }
  }

  signed(value: number): number {
    return value === 0 ? 0 : Math.floor(Math.log2(Math.abs(value))) + 1;
  }

  magnitude(value: number, size: number): void {
    this.put(value < 0 ? value + (1 << size) - 1 : value, size);
  }
}

/** BASIS[k][n] of the 8-point DCT-II, orthonormal. */
const BASIS = Array.from({ length: 8 }, (_, k) =>
  Array.from(
    { length: 8 },
    (_, n) => (k ? 0.5 : Math.SQRT1_2 / 2) * Math.cos(((2 * n + 1) * k * Math.PI) / 16),
  ),
);

/** Quantised coefficients, zigzag order, of a block whose samples are given less 128. */
function transform(quant: number, sample: (x: number, y: number) => number): number[] {
  const rows = BASIS.map((_, y) => BASIS.map((_, x) => sample(x, y)));
  const along = rows.map((row) =>
    BASIS.map((basis) => basis.reduce((sum, b, x) => sum + b * (row[x] ?? 0), 0)),
  );
  return ZIGZAG.map((natural) => {
    const basis = BASIS[natural >> 3] ?? [];
    const sum = basis.reduce((total, b, y) => total + b * (along[y]?.[natural & 7] ?? 0), 0);
    return Math.round(sum / quant);
  });
}

function encode(writer: BitWriter, block: number[], before: number): void {
  const dc = (block[0] ?? 0) - before;
  writer.symbol(writer.signed(dc), true);
  writer.magnitude(dc, writer.signed(dc));
  let zeros = 0;
  for (const value of block.slice(1)) {
    if (value === 0) {
      zeros++;
      continue;
    }
    for (; zeros > 15; zeros -= 16) writer.symbol(0xf0, false);
    writer.symbol((zeros << 4) | writer.signed(value), false);
    writer.magnitude(value, writer.signed(value));
    zeros = 0;
  }
  if (zeros > 0) writer.symbol(0, false);
}

export function jpegFile(plan: JpegPlan, seed = 1): Uint8Array {
  const { width, height, sampling, bits = 8, quant = QUANT } = plan;
  const count = sampling.length;
  const ids = plan.ids ?? sampling.map((_, i) => i + 1);
  const hMax = Math.max(...sampling.map(([h]) => h));
  const vMax = Math.max(...sampling.map(([, v]) => v));
  const next = randomNumbers(seed);
  const waves = sampling.map(() => [next() / 4, next() / 4, next() * 6] as const);
  const samples = (component: number) => (x: number, y: number) => {
    const [fx, fy, phase] = waves[component] ?? [0, 0, 0];
    const [h, v] = sampling[component] ?? [1, 1];
    const sample = 90 * Math.sin((fx * x * hMax) / h + (fy * y * vMax) / v + phase) + 20 * next();
    return bits === 12 ? 16 * sample : sample;
  };
  const planes = sampling.map((_, i) => samples(i));
  const out: number[] = [0xff, 0xd8];
  const marker = (code: number, data: number[]) => {
    if (plan.fill) out.push(0xff, 0xff);
    out.push(0xff, code, (data.length + 2) >> 8, (data.length + 2) & 255, ...data);
  };
  if (plan.jfif) marker(0xe0, [0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]);
  if (plan.adobe !== undefined) marker(0xee, [0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, plan.adobe]);
  marker(0xdb, [0, ...Array(64).fill(quant)]);
  const frame = sampling.flatMap(([h, v], i) => [ids[i] ?? 0, (h << 4) | v, 0]);
  marker(bits === 12 ? 0xc1 : 0xc0, [
    bits,
    height >> 8,
    height & 255,
    width >> 8,
    width & 255,
    count,
    ...frame,
  ]);
  const lengths = (counts: Record<number, number>) =>
    Array.from({ length: 16 }, (_, i) => counts[i + 1] ?? 0);
  marker(0xc4, [0, ...lengths({ 4: DC_SYMBOLS.length }), ...DC_SYMBOLS]);
  marker(0xc4, [0x10, ...lengths({ 8: SHORT_CODES, 12: AC_SYMBOLS.length - SHORT_CODES }), ...AC_SYMBOLS]);
  if (plan.restart) marker(0xdd, [plan.restart >> 8, plan.restart & 255]);

  const scans = plan.separate ? sampling.map((_, i) => [i]) : [sampling.map((_, i) => i)];
  for (const members of scans) {
    marker(0xda, [members.length, ...members.flatMap((i) => [ids[i] ?? 0, 0]), 0, 63, 0]);
    const alone = members.length === 1;
    const [first = 0] = members;
    const [h0, v0] = sampling[first] ?? [1, 1];
    const blocks = (length: number, factor: number, most: number) =>
      alone ? Math.ceil(Math.ceil((length * factor) / most) / 8) : Math.ceil(length / (8 * most));
    const wide = blocks(width, h0, hMax);
    const high = blocks(height, v0, vMax);
    let writer = new BitWriter();
    let before = Array(count).fill(0);
    for (let mcu = 0; mcu < wide * high; mcu++) {
      if (plan.restart && mcu > 0 && mcu % plan.restart === 0) {
        writer.align();
        out.push(...writer.bytes, ...(plan.fill ? [0xff] : []), 0xff, 0xd0 | ((mcu / plan.restart - 1) & 7));
        writer = new BitWriter();
        before = Array(count).fill(0);
      }
      for (const i of members) {
        const [h, v] = alone ? [1, 1] : (sampling[i] ?? [1, 1]);
        for (let k = 0; k < h * v; k++) {
          const left = 8 * ((mcu % wide) * h + (k % h));
          const top = 8 * (Math.floor(mcu / wide) * v + Math.floor(k / h));
          const block = transform(quant, (x, y) => (planes[i] ?? samples(0))(left + x, top + y));
          encode(writer, block, before[i]);
          before[i] = block[0];
        }
      }
    }
    writer.align();
    out.push(...writer.bytes);
  }
  out.push(0xff, 0xd9);
  return Uint8Array.from(out);
}
