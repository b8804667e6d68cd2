// The format of a file by its first bytes, never by its name or its declared type.
// JPEG: SOI; PNG, GIF, BMP: their signatures; WebP: RIFF container; AVIF and HEIC: brands of an ISO BMFF
// `ftyp` box (ISO/IEC 14496-12, 4.3), the major brand first, then the compatible ones.
import type { ImageFormat } from './picture.ts';

/** Bytes that `sniff` wants to see, unless the file is shorter. */
export const SNIFF_BYTES = 64;

const HEIC_BRANDS = ['heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'mif1', 'msf1'];

/** The format, or undefined if it is none of ours. */
export function sniff(head: Uint8Array): ImageFormat | undefined {
  const text = String.fromCharCode(...head.subarray(0, SNIFF_BYTES));
  if (text.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (text.startsWith('GIF87a') || text.startsWith('GIF89a')) return 'gif';
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'webp';
  if (text.slice(4, 8) === 'ftyp') {
    const brands = text.slice(8, 12) + text.slice(16);
    if (brands.includes('avif') || brands.includes('avis')) return 'avif';
    if (HEIC_BRANDS.some((brand) => brands.includes(brand))) return 'heic';
    return undefined;
  }
  return text.startsWith('BM') ? 'bmp' : undefined;
}
