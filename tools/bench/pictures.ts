// What the bench shows the networks: photos of ../shared where they are, else made pictures (seeded). Twelve: the
// last four are for verification, the last one is also the one that is timed, the others calibrate the int8 peers.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import type { Preprocess } from '../../src/network/preprocess.ts';
import { listPhotos, loadPhoto } from '../../weights/photos.ts';
import { photograph, photographPixels } from '../fixtures/photograph.ts';
import type { Jpeg } from './measure/service.ts';

const PHOTOS = path.join(import.meta.dirname, '../../../shared/photos');
const COUNT = 12;
const CALIBRATION = 8;

export interface Pictures {
  /** Where they are from, for the report. */
  source: string;
  calibration: Uint8Array[];
  verification: Uint8Array[];
  /** The one that is timed. */
  timed: Uint8Array;
  /** A file of 500 x 375, for the whole path. */
  jpeg: Jpeg;
}

async function photoFile(folder: string): Promise<Jpeg | undefined> {
  for (const file of listPhotos(folder)) {
    const { format, width, height } = await sharp(file).metadata();
    if (format === 'jpeg' && width === 500 && height === 375)
      return { file: new Uint8Array(await readFile(file)), width, height };
  }
  return undefined;
}

async function madeFile(): Promise<Jpeg> {
  const file = await photograph(500, 375).jpeg({ quality: 90 }).toBuffer();
  return { file: new Uint8Array(file), width: 500, height: 375 };
}

export async function openPictures(preprocess: Preprocess): Promise<Pictures> {
  const found = existsSync(PHOTOS);
  const all = found
    ? await Promise.all(
        listPhotos(path.join(PHOTOS, 'ten-classes'), COUNT).map((file) => loadPhoto(file, preprocess)),
      )
    : Array.from({ length: COUNT }, (_, seed) =>
        photographPixels(preprocess.crop, preprocess.crop, seed + 1),
      );
  const verification = all.slice(CALIBRATION);
  const timed = verification.at(-1);
  if (!timed) throw new Error(`expected ${COUNT} pictures, found ${all.length}`);
  return {
    source: found ? 'photos of ../shared/photos' : 'made pictures (../shared/photos is not there)',
    calibration: all.slice(0, CALIBRATION),
    verification,
    timed,
    jpeg: (found ? await photoFile(path.join(PHOTOS, 'assorted')) : undefined) ?? (await madeFile()),
  };
}
