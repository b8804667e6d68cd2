// The formats of pictures, as data: a new one is a row here and a decoder in assembly/decode. A file's format is known by
// its first bytes, never by its name or its declared type.
// JPEG: SOI; PNG, GIF, BMP: their signatures; WebP: RIFF container; AVIF and HEIC: brands of an ISO BMFF
// `ftyp` box (ISO/IEC 14496-12, 4.3), the major brand first, then the compatible ones.

interface FormatFacts {
  /** As messages call it. */
  name: string;
  /** Of `open` in decode.wasm; null: not decoded here, the Images binding reads it. */
  number: number | null;
  /** Whether a file that begins so (Latin-1, up to SNIFF_BYTES) is one; the first row that says yes has it. */
  signature(head: string): boolean;
  /** The EXIF may follow the pixels. */
  lateOrientation?: boolean;
}

const startsWith =
  (...signatures: string[]) =>
  (head: string) =>
    signatures.some((signature) => head.startsWith(signature));

const hasBrand =
  (...wanted: string[]) =>
  (head: string) => {
    const brands = head.slice(8, 12) + head.slice(16);
    return head.slice(4, 8) === 'ftyp' && wanted.some((brand) => brands.includes(brand));
  };

export const FORMATS = {
  jpeg: { name: 'JPEG', number: 0, signature: startsWith('\xff\xd8\xff') },
  png: { name: 'PNG', number: 1, signature: startsWith('\x89PNG\r\n\x1a\n'), lateOrientation: true },
  gif: { name: 'GIF', number: 2, signature: startsWith('GIF87a', 'GIF89a') },
  // A BMP can hold a PNG.
  bmp: { name: 'BMP', number: 3, signature: startsWith('BM'), lateOrientation: true },
  webp: {
    name: 'WebP',
    number: 4,
    signature: (head) => head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP',
    lateOrientation: true,
  },
  avif: { name: 'AVIF', number: null, signature: hasBrand('avif', 'avis') },
  heic: {
    name: 'HEIC',
    number: null,
    signature: hasBrand('heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'mif1', 'msf1'),
  },
} as const satisfies Record<string, FormatFacts>;

export type ImageFormat = keyof typeof FORMATS;

/** Those that decode.wasm reads. */
export type NativeFormat = {
  [Name in ImageFormat]: (typeof FORMATS)[Name]['number'] extends number ? Name : never;
}[ImageFormat];

/** Bytes that `sniff` wants to see, unless the file is shorter. */
export const SNIFF_BYTES = 64;

const ROWS: readonly (readonly [ImageFormat, FormatFacts])[] = Object.entries(FORMATS) as [
  ImageFormat,
  FormatFacts,
][];

export const IMAGE_FORMATS: readonly ImageFormat[] = ROWS.map(([format]) => format);

export function isNative(format: ImageFormat): format is NativeFormat {
  return FORMATS[format].number !== null;
}

/** Whether the EXIF of such a file may follow its pixels. */
export function hasLateOrientation(format: ImageFormat): boolean {
  const facts: FormatFacts = FORMATS[format];
  return facts.lateOrientation ?? false;
}

/** The format, or undefined if it is none of ours. */
export function sniff(head: Uint8Array): ImageFormat | undefined {
  const text = String.fromCharCode(...head.subarray(0, SNIFF_BYTES));
  return ROWS.find(([, { signature }]) => signature(text))?.[0];
}

/** The formats that are decoded here, in words: `A, B or C`. */
export function nativeNames(): string {
  const names = IMAGE_FORMATS.filter(isNative).map((format) => FORMATS[format].name);
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
