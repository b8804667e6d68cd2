// Vitest global setup of the workerd project: what only Node can make (a packed model, camera files), handed to the
// tests as base64.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp, { type Sharp } from 'sharp';
import type { TestProject } from 'vitest/node';
import build from './build.ts';
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

export async function makeFixtures() {
  const jpeg = await picture(120, 90).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const png = await picture(96, 128).png().toBuffer();
  return {
    tinyModel: Buffer.from(await packTinyModel(root)).toString('base64'),
    jpeg: jpeg.toString('base64'),
    png: png.toString('base64'),
  };
}

export default async function setup(project: TestProject): Promise<void> {
  // Vitest runs a project's setup before the whole run's.
  await build();
  const fixtures = await makeFixtures();
  for (const key of ['tinyModel', 'jpeg', 'png'] as const) project.provide(key, fixtures[key]);
}
