// The picture of the filters, against the float weights that were packed: every weight of every filter, each colour.
import { expect, test } from 'vitest';
import { filterPicture } from '../../src/explain/filters.ts';
import { tinyEngine } from '../support/tiny-engine.ts';
import { tinyModel } from '../support/tiny-model.ts';

const FILTERS = 16;
const KERNEL = 11;

test('filters are the packed weights, unpacked, with the normalisation taken out', async () => {
  const engine = await tinyEngine();
  const { width, height, data } = filterPicture(engine);
  expect([width, height]).toEqual([8 * 48 + 4, 2 * 48 + 4 + 16]);
  const weights = await tinyModel().layers.conv1?.weight.read();
  if (!weights) throw new Error('expected weights of conv1');
  let compared = 0;
  for (let filter = 0; filter < FILTERS; filter++) {
    const own = weights.subarray(filter * 3 * KERNEL * KERNEL, (filter + 1) * 3 * KERNEL * KERNEL);
    const largest = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    own.forEach((value, i) => {
      const channel = Math.floor(i / (KERNEL * KERNEL));
      // Eight filters of each tower in a row, the second tower's 16 pixels further down.
      const y = 4 + (filter < 8 ? 0 : 48 + 16) + 4 * (Math.floor(i / KERNEL) % KERNEL);
      const x = 4 + (filter % 8) * 48 + 4 * (i % KERNEL);
      // Weights are rounded to one of 255 levels when packed, and here again.
      const expected = 128 + (127 * value) / largest;
      for (const [dy, dx] of [
        [0, 0],
        [3, 3],
      ] as const)
        if (Math.abs((data[((y + dy) * width + x + dx) * 3 + channel] ?? 0) - expected) > 2.5)
          throw new Error(`filter ${filter}, weight ${i}: expected about ${expected}`);
      compared++;
    });
  }
  expect(compared).toBe(FILTERS * 3 * KERNEL * KERNEL);
});
