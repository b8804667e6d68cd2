// How long decoding a picture takes, estimated from its header: what a request is charged before it is done, and how
// it is cut into pieces between which other requests get their turns. In ms of one core of the slower kind (no
// AVX-VNNI); nanoseconds a pixel by `npm run bench`, the slowest usual variant of each format.
import type { ImageFormat } from './formats.ts';
import type { StoredHeader } from './instance.ts';

const NANOSECONDS_A_PIXEL: Record<ImageFormat, number> = {
  jpeg: 12,
  png: 12,
  gif: 8,
  bmp: 4,
  // Lossless, or with an alpha plane that may be.
  webp: 60,
  avif: 12,
  heic: 12,
};
const LOSSY_WEBP = 20;
/** A piece of work that others may wait for, ms. */
const PIECE_MS = 4;
const MIN_PIECE_BYTES = 512;
/** Until the header has come. */
const HEADER_PIECE_BYTES = 1 << 10;
const MAX_PIECE_BYTES = 1 << 16;
/** Taken as the length of an upload that does not announce any. */
const USUAL_BYTES = 1 << 20;

/** Work of one piece, ms. */
export function pieceWork(workMs: number | undefined, bytes: number, announcedBytes = USUAL_BYTES): number {
  return workMs === undefined ? 0 : (workMs * bytes) / Math.max(announcedBytes, bytes);
}

/** @param head the first bytes of the file, which tell a simple lossy WebP */
export function nanosecondsAPixel(format: ImageFormat, head: Uint8Array = new Uint8Array(0)): number {
  // RIFF container: the first chunk is `VP8 ` for a lossy picture without anything else.
  const lossy = format === 'webp' && String.fromCharCode(...head.subarray(12, 16)) === 'VP8 ';
  return lossy ? LOSSY_WEBP : NANOSECONDS_A_PIXEL[format];
}

/** @param nanoseconds a pixel @returns ms */
export function decodeWork({ width, height }: StoredHeader, nanoseconds: number): number {
  return (width * height * nanoseconds) / 1e6;
}

/** Bytes of the file that are decoded at a stretch. @param workMs of the whole picture; undefined: not known yet */
export function sliceBytes(workMs: number | undefined, announcedBytes = USUAL_BYTES): number {
  if (workMs === undefined) return HEADER_PIECE_BYTES;
  if (workMs <= PIECE_MS) return MAX_PIECE_BYTES;
  const bytes = Math.floor((PIECE_MS * announcedBytes) / workMs);
  return Math.min(Math.max(bytes, MIN_PIECE_BYTES), MAX_PIECE_BYTES);
}
