// A photo that a camera has stored in each of the eight orientations is the same photo to the network.
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { decodeOptions, imageDecoder } from '../../tools/fixtures/decoder.ts';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { defaultModelFile } from '../../tools/workers/local-worker.ts';
import { openEngine } from '../../weights/packed/engine.ts';

/** What has to be done to the upright picture, so that a viewer who follows EXIF undoes it. */
const STORED: ((upright: Buffer) => Promise<Buffer>)[] = [
  async (png) => png,
  (png) => sharp(png).flop().png().toBuffer(),
  (png) => sharp(png).rotate(180).png().toBuffer(),
  (png) => sharp(png).flip().png().toBuffer(),
  async (png) =>
    sharp(await sharp(png).rotate(90).png().toBuffer())
      .flop()
      .png()
      .toBuffer(),
  (png) => sharp(png).rotate(270).png().toBuffer(),
  async (png) =>
    sharp(await sharp(png).rotate(90).png().toBuffer())
      .flip()
      .png()
      .toBuffer(),
  (png) => sharp(png).rotate(90).png().toBuffer(),
];

test('the same class, and scores within 0.02, in JPEG of all eight orientations', async () => {
  const engine = await openEngine((await defaultModelFile()).file);
  const decoder = await imageDecoder();
  for (const seed of [1, 2, 3]) {
    const upright = await photograph(400, 300, seed).png().toBuffer();
    const scores: Float32Array[] = [];
    for (const [i, store] of STORED.entries()) {
      const jpeg = await sharp(await store(upright))
        .withMetadata({ orientation: i + 1 })
        .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
        .toBuffer();
      const { pixels, orientation } = await decoder.decode(jpeg, decodeOptions());
      expect(orientation).toBe(i + 1);
      scores.push(engine.run([pixels])[0]?.probabilities ?? new Float32Array());
    }
    const [first = new Float32Array()] = scores;
    expect(first.length).toBe(10);
    const best = (values: Float32Array) => values.indexOf(Math.max(...values));
    for (const other of scores) {
      expect(best(other)).toBe(best(first));
      for (const [k, score] of other.entries())
        expect(Math.abs(score - (first[k] ?? 0))).toBeLessThanOrEqual(0.02);
    }
  }
});
