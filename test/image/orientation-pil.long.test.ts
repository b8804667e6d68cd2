// Orientation 1 to 8 in every place and form against PIL itself: what `ImageOps.exif_transpose`, the triangle filter to 256
// and the centre crop of 227 make of the same files, as torchvision has them. Debian's python3-pil is the witness.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeOptions, imageDecoder } from '../../tools/fixtures/decoder.ts';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { encodingOf, FORMS, LONG, SHORT, withOrientation } from '../support/exif-files.ts';
import { difference } from '../support/pixels.ts';

const python = ['python3', '/usr/bin/python3'].find(
  (command) => spawnSync(command, ['-c', 'from PIL import Image']).status === 0,
);
if (!python) console.log('skipped: PIL (apt-get install python3-pil) is not there');

/** Files on the command line; beside each its crop, RGB. */
const CROPS = `
import sys
from PIL import Image, ImageOps
for name in sys.argv[1:]:
    image = ImageOps.exif_transpose(Image.open(name)).convert('RGB')
    w, h = image.size
    size = (256, int(256 * h / w)) if w < h else (int(256 * w / h), 256)
    image = image.resize(size, Image.BILINEAR)
    left, top = (int(round((side - 227) / 2.0)) for side in size)
    open(name + '.rgb', 'wb').write(image.crop((left, top, left + 227, top + 227)).tobytes())
`;

const cases = FORMS.flatMap((form) =>
  [true, false].flatMap((little) => [SHORT, LONG].map((type) => ({ form, little, type }))),
);

describe.skipIf(!python)('the crop is that of PIL', () => {
  let folder = '';
  const fileOf = (at: number, orientation: number) => path.join(folder, `${at}-${orientation}`);

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'pil-'));
    const plain: Partial<Record<string, Buffer>> = {};
    for (const format of ['jpeg', 'png', 'webp'] as const)
      plain[format] = await photograph(301, 233, 11)
        .toFormat(format, format === 'webp' ? { lossless: true, effort: 0 } : {})
        .toBuffer();
    const names: string[] = [];
    cases.forEach(({ form, little, type }, at) => {
      for (let orientation = 1; orientation <= 8; orientation++) {
        const file = plain[encodingOf(form)] ?? Buffer.alloc(0);
        const name = fileOf(at, orientation);
        writeFileSync(name, withOrientation(form, file, little, type, orientation));
        names.push(name);
      }
    });
    execFileSync(python ?? '', ['-c', CROPS, ...names]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(cases.map((one, at) => ({ ...one, at })))(
    '$form, little-endian: $little, type $type',
    async ({ at, form }) => {
      const decoder = await imageDecoder();
      for (let orientation = 1; orientation <= 8; orientation++) {
        const name = fileOf(at, orientation);
        const picture = await decoder.decode(readFileSync(name), decodeOptions());
        expect(picture.orientation).toBe(orientation);
        // PIL rounds between its two passes, and JPEG's colors once more: a crop that is one pixel off differs by more.
        const { mean, most } = difference(picture.pixels, readFileSync(`${name}.rgb`));
        expect(mean).toBeLessThanOrEqual(0.3);
        expect(most).toBeLessThanOrEqual(form === 'JPEG' ? 2 : 1);
      }
    },
  );
});
