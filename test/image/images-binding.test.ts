// The Images binding in the place of decoders that are not here; a stand-in with its interface, whose work
// sharp does.
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ImageDecoder } from '../../src/image/decoder.ts';
import { decodeOptions, imageDecoder } from '../../tools/fixtures/decoder.ts';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { difference, rawBySharp, referenceCrop } from '../support/pixels.ts';

let decoder: ImageDecoder;

beforeAll(async () => {
  decoder = await imageDecoder();
});

function standIn(asked: unknown[]): ImagesBinding {
  const input = (stream: ReadableStream<Uint8Array>) => ({
    transform(options: { width: number; height: number }) {
      asked.push(options);
      return {
        async output(format: unknown) {
          asked.push(format);
          const chunks: Uint8Array[] = [];
          for await (const chunk of stream) chunks.push(chunk);
          const { width, height } = options;
          const png = await sharp(Buffer.concat(chunks))
            .resize(width, height, { fit: 'inside', withoutEnlargement: true })
            .png()
            .toBuffer();
          return { image: () => new Blob([Uint8Array.from(png)]).stream() };
        },
      };
    },
  });
  return { input } as unknown as ImagesBinding;
}

describe('the Images binding', () => {
  it('decodes AVIF', async () => {
    const file = await photograph(300, 200).avif({ quality: 80 }).toBuffer();
    const asked: unknown[] = [];
    const picture = await decoder.decode(file, decodeOptions({ images: standIn(asked) }));
    expect(picture).toMatchObject({ format: 'avif', size: 227, bytes: file.length });
    expect(asked).toEqual([{ width: 2048, height: 2048, fit: 'scale-down' }, { format: 'image/png' }]);
    expect(difference(picture.pixels, referenceCrop(await rawBySharp(file))).most).toBeLessThanOrEqual(1);
  });

  it('passes on what the upload is refused for', async () => {
    const file = await photograph(300, 200).avif().toBuffer();
    const options = decodeOptions({ images: standIn([]), limits: { bytes: 1000 } });
    await expect(decoder.decode(file, options)).rejects.toMatchObject({ code: 'too-many-bytes' });
  });

  it('what it cannot decode is a damaged image', async () => {
    const file = (await photograph(300, 200).avif().toBuffer()).subarray(0, 300);
    const options = decodeOptions({ images: standIn([]) });
    await expect(decoder.decode(file, options)).rejects.toMatchObject({ code: 'damaged-image' });
  });
});
