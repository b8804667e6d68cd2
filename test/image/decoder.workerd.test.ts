// Decoding in the Worker's own runtime: bundled modules and request bodies.
import { describe, expect, it } from 'vitest';
import decodeModule from '../../build/decode.wasm';
import { ImageDecoder } from '../../src/image/decoder.ts';
import { imageLimits } from '../../src/image/limits.ts';
import type { DecodeOptions } from '../../src/image/picture.ts';

// 8 x 8 pixels, lossless: the left half (200, 0, 0), the right half (0, 0, 200).
const WEBP = 'UklGRiAAAABXRUJQVlA4TBMAAAAvB8ABAA8Qg3wc5PkPB32I6H8AAA==';
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAFUlEQVQImWM4wcAAR0jME8jMISABAInlMgHdCE1lAAAAAElFTkSuQmCC';

const decoder = new ImageDecoder(decodeModule);
const options: DecodeOptions = {
  preprocess: {
    resize: 'shorter-side',
    resizeTo: 8,
    crop: 8,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    trainedOn: 'RGB',
  },
  limits: imageLimits({}),
  exif: 'apply',
  area: 'crop',
};
const expected = Array.from({ length: 64 }, (_, i) => (i % 8 < 4 ? [200, 0, 0] : [0, 0, 200])).flat();

function body(base64: string): ReadableStream<Uint8Array> {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return new Request('https://test', { method: 'POST', body: bytes }).body as ReadableStream<Uint8Array>;
}

describe('in workerd', () => {
  it.each([
    ['webp', WEBP],
    ['png', PNG],
  ])('%s from a request body', async (format, file) => {
    const picture = await decoder.decode(body(file), options);
    expect(picture.format).toBe(format);
    expect(picture.bytes).toBe(atob(file).length);
    expect(Array.from(picture.pixels)).toEqual(expected);
  });

  it('several at once with one instance', async () => {
    const pictures = await Promise.all(
      [PNG, WEBP, PNG, WEBP].map((file) => decoder.decode(body(file), options)),
    );
    for (const { pixels } of pictures) expect(Array.from(pixels)).toEqual(expected);
  });

  it('a damaged WebP is refused', async () => {
    const damaged = body(btoa(atob(WEBP).slice(0, 36)));
    await expect(decoder.decode(damaged, options)).rejects.toMatchObject({ code: 'damaged-image' });
  });
});
