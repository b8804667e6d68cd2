// What only Node can make (a packed model, camera files), for the tests inside workerd: as base64.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp, { type Sharp } from 'sharp';
import type { ProvidedContext } from 'vitest';
import type {} from './provided.ts';
import { packTinyModel } from './tiny-model.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** A smooth picture that differs in each channel. */
function picture(width: number, height: number): Sharp {
  const pixels = Buffer.from(
    Uint8Array.from({ length: width * height * 3 }, (_, i) => {
      const x = Math.floor(i / 3) % width;
      const y = Math.floor(i / 3 / width);
      return 127 + 120 * Math.sin(x / (5 + (i % 3)) + y / 9);
    }),
  );
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

export async function makeFixtures(): Promise<ProvidedContext> {
  const jpeg = await picture(120, 90).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const png = await picture(96, 128).png().toBuffer();
  return {
    tinyModel: Buffer.from(await packTinyModel(root)).toString('base64'),
    jpeg: jpeg.toString('base64'),
    png: png.toString('base64'),
  };
}
