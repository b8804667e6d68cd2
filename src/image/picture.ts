// What decoding a photo gives, and what may be asked of it. Pixels are as the network wants them: the
// centre crop of the resized picture, upright, RGB bytes; nothing else of the file is kept.
import type { Budget } from '../isolate/budget.ts';
import type { Preprocess } from '../network/preprocess.ts';
import type { ImageFormat } from './formats.ts';
import type { ImageLimits } from './limits.ts';
import type { ImageWarning } from './warnings.ts';

export type { ImageLimits };

export interface Picture {
  /** size * size * 3 bytes, RGB interleaved, row by row. */
  pixels: Uint8Array;
  size: number;
  format: ImageFormat;
  /** Of the file as stored, before its orientation is applied. */
  width: number;
  height: number;
  /** EXIF orientation 1..8 as found; 1 when there is none. */
  orientation: number;
  /** What is wrong with the file, though it could be read; mostly nothing. */
  warnings: ImageWarning[];
  /** Bytes read from the source. */
  bytes: number;
}

export interface DecodeOptions {
  preprocess: Preprocess;
  limits: ImageLimits;
  exif: 'apply' | 'ignore';
  /** Whether a lightly damaged file, as viewers show it, is read with warnings (so unless told otherwise) or refused. */
  damaged?: 'accept' | 'refuse' | undefined;
  /** `crop`: the centre crop of the network; `square`: the central resizeTo x resizeTo, for ten crops. */
  area: 'crop' | 'square';
  /** The Images binding, for the formats that are not decoded here. */
  images?: ImagesBinding | undefined;
  /** What the request may take; none: whatever it needs. */
  budget?: Budget | undefined;
}
