// Photos of a folder as a network's input: resized and cropped by the model's own rule (sharp's bilinear).
import { readdirSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import type { Preprocess } from '../src/network/preprocess.ts';
import { OperatorError } from './operator-error.ts';

/** Photos in `folder` and below, sorted; with a limit, spread evenly. Throws OperatorError where there is none. */
export function listPhotos(folder: string, limit = Number.POSITIVE_INFINITY): string[] {
  let files: string[];
  try {
    files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    throw new OperatorError(
      `${folder}: expected a folder of photos, found ${(error as NodeJS.ErrnoException).code}`,
    );
  }
  const photos = files.filter((file) => /\.(jpe?g|png|webp|gif|avif)$/i.test(file)).sort();
  if (photos.length === 0)
    throw new OperatorError(`${folder}: expected photos, found ${files.length} other files`);
  if (!(limit >= 1)) throw new OperatorError(`--limit: expected at least 1, found ${limit}`);
  const count = Math.min(limit, photos.length);
  return Array.from({ length: count }, (_, i) =>
    path.join(folder, photos[Math.floor((i * photos.length) / count)] as string),
  );
}

/** The picture u8 RGB [crop][crop][3]. Throws OperatorError for a file that is no photo. */
export async function loadPhoto(file: string, { resize, resizeTo, crop }: Preprocess): Promise<Uint8Array> {
  const size = { width: resizeTo, height: resizeTo, fit: resize === 'warp' ? 'fill' : 'outside' } as const;
  try {
    const resized = await sharp(file)
      .rotate()
      .toColourspace('srgb')
      .removeAlpha()
      .resize({ ...size, kernel: 'linear' })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { width, height } = resized.info;
    const left = Math.floor((width - crop) / 2);
    const top = Math.floor((height - crop) / 2);
    const raw = { width, height, channels: 3 as const };
    return new Uint8Array(
      await sharp(resized.data, { raw }).extract({ left, top, width: crop, height: crop }).raw().toBuffer(),
    );
  } catch (error) {
    throw new OperatorError(
      `${file}: expected a photo, found ${String((error as Error).message).split('\n')[0]}`,
    );
  }
}
