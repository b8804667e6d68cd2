// The picture of the filters, against the float weights that were packed: every weight of every filter, each colour.
import path from 'node:path';
import { expect, test } from 'vitest';
import { Engine } from '../../src/engine/engine.ts';
import { filterPicture } from '../../src/explain/filters.ts';
import { modelInfoOf } from '../../src/model/header.ts';
import { headerEnd, parseHeader } from '../../src/model/safetensors.ts';
import { kernelsModule } from '../support/kernel-builds.ts';
import { packTinyModel, tinyModel } from '../support/tiny-model.ts';

const FILTERS = 16;
const KERNEL = 11;

test('filters are the packed weights, unpacked, with the normalisation taken out', async () => {
  const bytes = await packTinyModel(path.join(import.meta.dirname, '../..'));
  const header = parseHeader(bytes.subarray(0, headerEnd(bytes)));
  const engine = new Engine(kernelsModule('relaxed'), modelInfoOf(header));
  engine.weights(0, header.dataBytes).set(bytes.subarray(header.dataStart));
  const { width, data } = filterPicture(engine);
  const weights = await tinyModel().layers.conv1?.weight.read();
  if (!weights) throw new Error('expected weights of conv1');
  let compared = 0;
  for (let filter = 0; filter < FILTERS; filter++) {
    const own = weights.subarray(filter * 3 * KERNEL * KERNEL, (filter + 1) * 3 * KERNEL * KERNEL);
    const largest = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    own.forEach((value, i) => {
      const channel = Math.floor(i / (KERNEL * KERNEL));
      const y = 4 + 4 * (Math.floor(i / KERNEL) % KERNEL);
      const x = 4 + filter * 48 + 4 * (i % KERNEL);
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
