// inflate, through a grey PNG: rows of arbitrary bytes are its pixels. Streams of zlib in all its settings, streams
// written bit by bit, and zlib's own opinion of each of them.
import { deflateSync, inflateSync, type ZlibOptions, constants as z } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { randomIntegers } from '../../tools/fixtures/random.ts';
import { Bits } from '../support/bits.ts';
import { encodePng } from '../support/encode-png.ts';
import { decode, decodeAll, decoder } from '../support/exact-pixels.ts';

const SIDE = 200;
const CHUNKS = [1, 7, 1 << 16];

const next = randomIntegers(11);
const text = 'the quick brown fox jumps over the lazy dog; ';
/** Rows of SIDE + 1 bytes, the first of each 0: a grey picture without filters. */
const CONTENTS: Record<string, (i: number) => number> = {
  zeros: () => 0,
  noise: () => next(256),
  text: (i) => text.charCodeAt(i % text.length),
  skewed: () => Math.min(255, Math.floor(-Math.log(next(1_000_000) / 1e6 + 1e-7) * 9)),
  'far matches': (i) => (i < 32_768 ? (i * 2_654_435_761) >>> 24 : ((i - 32_768) * 2_654_435_761) >>> 24),
};

function raw(name: string): Buffer {
  const make = CONTENTS[name];
  if (make === undefined) throw new Error(name);
  return Buffer.from(
    Array.from({ length: SIDE * (SIDE + 1) }, (_, i) => (i % (SIDE + 1) === 0 ? 0 : make(i))),
  );
}

function grey(data: Buffer, width = SIDE, height = SIDE): Buffer {
  return encodePng({ width, height, colorType: 0, depth: 8, samples: [], data });
}

/** Red of each pixel. */
const levels = (rgb: Uint8Array) => rgb.filter((_, i) => i % 3 === 0);
const unwrapped = (rows: Buffer) => new Uint8Array(rows.filter((_, i) => i % (SIDE + 1) > 0));

describe('streams of zlib', () => {
  const settings: ZlibOptions[] = [
    { level: 0 },
    { level: 1 },
    { level: 9, memLevel: 9 },
    { memLevel: 1 },
    { windowBits: 9 },
    { strategy: z.Z_FIXED },
    { strategy: z.Z_HUFFMAN_ONLY },
    { strategy: z.Z_RLE },
    { strategy: z.Z_FILTERED },
  ];
  describe.each(Object.keys(CONTENTS))('%s', (name) => {
    const rows = raw(name);
    const expected = unwrapped(rows);
    test.each(settings)('%o', (options) => {
      const png = grey(deflateSync(rows, options));
      for (const chunk of CHUNKS) expect(levels(decodeAll('png', png, { chunk }).rgb)).toEqual(expected);
    });
  });

  test('a code of 15 bits', () => {
    // Frequencies like Fibonacci numbers make the longest codes.
    const counts = [1, 1];
    while (counts.length < 22) counts.push((counts.at(-1) ?? 0) + (counts.at(-2) ?? 0));
    const symbols = counts.flatMap((count, i) => Array<number>(count).fill(i + 1)).slice(-SIDE * SIDE);
    const order = symbols.map((symbol, i) => ({ symbol, key: (i * 7919) % 40_009 }));
    order.sort((a, b) => a.key - b.key);
    const rows = Buffer.alloc(SIDE * (SIDE + 1));
    order.forEach(({ symbol }, i) => {
      rows[Math.floor(i / SIDE) * (SIDE + 1) + 1 + (i % SIDE)] = symbol;
    });
    const png = grey(deflateSync(rows, { strategy: z.Z_HUFFMAN_ONLY, memLevel: 9 }));
    for (const chunk of CHUNKS) expect(levels(decodeAll('png', png, { chunk }).rgb)).toEqual(unwrapped(rows));
  });

  test('flushed blocks, empty ones between them', () => {
    const rows = raw('skewed');
    const body = [0, 1, 2, 3].map((i) =>
      deflateSync(rows.subarray(i * 10_050, (i + 1) * 10_050), {
        finishFlush: i < 3 ? z.Z_FULL_FLUSH : z.Z_FINISH,
      }),
    );
    const sum = deflateSync(rows).subarray(-4);
    const [first, second, third, fourth] = body as [Buffer, Buffer, Buffer, Buffer];
    const data = Buffer.concat([first, second.subarray(2), third.subarray(2), fourth.subarray(2, -4), sum]);
    for (const chunk of CHUNKS)
      expect(levels(decodeAll('png', grey(data), { chunk }).rgb)).toEqual(unwrapped(rows));
  });
});

/** Adler-32 of `bytes` behind `body`, zlib's header before it. */
function stream(body: Bits, bytes: number[], head = [0x78, 0x9c]): Buffer {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return Buffer.concat([Buffer.from(head), body.bytes(), Buffer.from([b >> 8, b & 255, a >> 8, a & 255])]);
}

/** The head of a dynamic block: sizes, then the lengths of the code length code in the order of the RFC. */
const dynamic = (literals: number, distances: number, lengths: number[]) => {
  const bits = new Bits().put(1, 1).put(2, 2);
  bits
    .put(literals - 257, 5)
    .put(distances - 1, 5)
    .put(lengths.length - 4, 4);
  for (const length of lengths) bits.put(length, 3);
  return bits;
};
const fixed = () => new Bits().put(1, 1).put(1, 2);
const literal = (bits: Bits, value: number) => bits.code(0x30 + value, 8);
// 16 17 18 0 8 7 9 6 10 5 11 4 12 3 13 2 14 1: code lengths 0 (code 0), 1 (10) and 18 (11).
const ZERO_ONE_RUN = [0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];

function damagedStreams(): [string, Buffer][] {
  const two = () => literal(literal(fixed(), 0), 5);
  return [
    ['method 7', stream(two().code(0, 7), [0, 5], [0x77, 0x85])],
    ['a window of 64 KiB', stream(two().code(0, 7), [0, 5], [0x88, 0x1c])],
    ['wrong check bits', stream(two().code(0, 7), [0, 5], [0x78, 0x9d])],
    ['a preset dictionary', stream(two().code(0, 7), [0, 5], [0x78, 0xbb])],
    ['a wrong Adler-32', stream(two().code(0, 7), [0, 6])],
    ['block type 3', stream(new Bits().put(1, 1).put(3, 2), [])],
    ['LEN is not NLEN', stream(new Bits().put(1, 3).align().put(2, 16).put(2, 16).put(0, 16), [0, 0])],
    ['a distance before the beginning', stream(literal(fixed(), 0).code(1, 7).code(1, 5).code(0, 7), [0])],
    ['length code 286', stream(two().code(0xc6, 8).put(0, 24), [0, 5])],
    ['distance code 30', stream(two().code(1, 7).code(30, 5).put(0, 30), [0, 5])],
    ['287 literal codes', stream(dynamic(287, 1, ZERO_ONE_RUN).put(0, 30), [])],
    ['31 distance codes', stream(dynamic(257, 31, ZERO_ONE_RUN).put(0, 30), [])],
    ['an over-subscribed code of lengths', stream(dynamic(257, 1, [1, 1, 1, 1]).put(0, 30), [])],
    ['an incomplete code of lengths', stream(dynamic(257, 1, [1, 2, 0, 0]).put(0, 30), [])],
    ['a repeat with nothing before it', stream(dynamic(257, 1, [1, 1, 0, 0]).put(0, 30), [])],
    [
      'lengths past their number',
      stream(dynamic(257, 1, ZERO_ONE_RUN).code(3, 2).put(127, 7).code(3, 2).put(127, 7), []),
    ],
    [
      'no end of block',
      stream(
        dynamic(257, 1, ZERO_ONE_RUN)
          .code(2, 2)
          .code(2, 2)
          .code(3, 2)
          .put(127, 7)
          .code(3, 2)
          .put(106, 7)
          .put(0, 30),
        [],
      ),
    ],
    [
      'an over-subscribed code of literals',
      stream(
        dynamic(257, 1, ZERO_ONE_RUN)
          .code(2, 2)
          .code(2, 2)
          .code(3, 2)
          .put(127, 7)
          .code(3, 2)
          .put(105, 7)
          .code(2, 2)
          .code(0, 1)
          .put(0, 30),
        [],
      ),
    ],
    [
      'a distance where there is no distance code',
      stream(
        dynamic(258, 1, ZERO_ONE_RUN)
          .code(3, 2)
          .put(127, 7)
          .code(3, 2)
          .put(107, 7)
          .code(2, 2)
          .code(2, 2)
          .code(0, 1)
          .code(1, 1)
          .put(0, 30),
        [],
      ),
    ],
  ];
}

describe('what the RFCs forbid', () => {
  test.each(damagedStreams())('%s', (_, data) => {
    expect(() => inflateSync(data)).toThrow();
    for (const chunk of CHUNKS) {
      const { status } = decode(decoder(), 'png', grey(data, 1, 1), { chunk });
      expect(status).toBe(-2);
    }
  });

  test('what they allow: one distance code of one bit, and a block with no distance code', () => {
    // Two literals of zlib's fixed code, as the control of the cases above.
    const control = stream(literal(literal(fixed(), 0), 5).code(0, 7), [0, 5]);
    expect([...inflateSync(control)]).toEqual([0, 5]);
    expect([...decodeAll('png', grey(control, 1, 1)).rgb]).toEqual([5, 5, 5]);
    // Literals 0 and the end, one bit each; no distance.
    const none = stream(
      dynamic(257, 1, ZERO_ONE_RUN)
        .code(2, 2)
        .code(3, 2)
        .put(127, 7)
        .code(3, 2)
        .put(106, 7)
        .code(2, 2)
        .code(0, 1)
        .code(0, 1)
        .code(0, 1)
        .code(1, 1),
      [0, 0],
    );
    expect([...inflateSync(none)]).toEqual([0, 0]);
    expect([...decodeAll('png', grey(none, 1, 1)).rgb]).toEqual([0, 0, 0]);
  });
});

test('thousands of empty blocks', () => {
  const bits = new Bits();
  for (let i = 0; i < 20_000; i++) bits.put(2, 3).code(0, 7);
  const data = stream(literal(literal(bits.put(1, 1).put(1, 2), 0), 5).code(0, 7), [0, 5]);
  for (const chunk of CHUNKS)
    expect([...decodeAll('png', grey(data, 1, 1), { chunk }).rgb]).toEqual([5, 5, 5]);
});

test('dynamic blocks are counted: 1,000 are allowed here, 1,001 are not', () => {
  // Each is one literal 0 and the end.
  const block = (bits: Bits, last: boolean) => {
    bits.put(Number(last), 1).put(2, 2).put(0, 5).put(0, 5).put(14, 4);
    for (const length of ZERO_ONE_RUN) bits.put(length, 3);
    bits.code(2, 2).code(3, 2).put(127, 7).code(3, 2).put(106, 7).code(2, 2).code(0, 1).code(0, 1).code(1, 1);
  };
  const picture = (blocks: number) => {
    const bits = new Bits();
    for (let i = 1; i <= blocks; i++) block(bits, i === blocks);
    return grey(stream(bits, Array(blocks).fill(0)), blocks - 1, 1);
  };
  const allowed = 1000n * 128n;
  expect(decode(decoder(), 'png', picture(1000), { blocks: allowed }).status).toBe(2);
  expect(decode(decoder(), 'png', picture(1001), { blocks: allowed }).status).toBe(-4);
});
