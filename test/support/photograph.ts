// A picture with the statistics of a photograph, made without one: smooth shapes, edges, texture and noise,
// seeded. For fixtures of any size.
import sharp, { type Sharp } from 'sharp';
import { randomNumbers } from './random.ts';

/** RGB bytes of width * height pixels. */
export function photographPixels(width: number, height: number, seed = 1): Uint8Array {
  const next = randomNumbers(seed);
  const waves = Array.from({ length: 12 }, (_, i) => ({
    fx: ((next() - 0.5) * 6 * (i + 1)) / width,
    fy: ((next() - 0.5) * 6 * (i + 1)) / height,
    phase: next() * 6.28,
    color: [next() - 0.5, next() - 0.5, next() - 0.5],
  }));
  const pixels = new Uint8Array(width * height * 3);
  const tone = new Float64Array(3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      tone.fill(0);
      for (const { fx, fy, phase, color } of waves) {
        const wave = Math.sin(6.28 * (fx * x + fy * y) + phase);
        const edge = wave > 0.3 ? 60 : 25 * wave;
        for (let c = 0; c < 3; c++) tone[c] = (tone[c] ?? 0) + edge * (color[c] ?? 0);
      }
      const grain = (next() - 0.5) * 16;
      for (let c = 0; c < 3; c++)
        pixels[(y * width + x) * 3 + c] = Math.max(0, Math.min(255, 120 + (tone[c] ?? 0) + grain));
    }
  return pixels;
}

/** The same as a sharp pipeline; large pictures are made at 1000 pixels and tiled, to save time. */
export function photograph(width: number, height: number, seed = 1): Sharp {
  const tileWidth = Math.min(width, 1000);
  const tileHeight = Math.min(height, 1000);
  const tile = photographPixels(tileWidth, tileHeight, seed);
  if (tileWidth === width && tileHeight === height)
    return sharp(tile, { raw: { width, height, channels: 3 } });
  const whole = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = tile.subarray((y % tileHeight) * tileWidth * 3, ((y % tileHeight) + 1) * tileWidth * 3);
    for (let x = 0; x < width; x += tileWidth)
      whole.set(row.subarray(0, Math.min(tileWidth, width - x) * 3), (y * width + x) * 3);
  }
  return sharp(whole, { raw: { width, height, channels: 3 } });
}
