// The network as a picture, in a real browser: the figure, a stage, a map of it, and what a dot of a map sees.
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pixelsOf, receptiveField } from '../../src/page/script/receptive-field.js';
import type { LocalWorker } from '../../tools/workers/local-worker.ts';
import { hasBrowser, launch, screenshot, violations, type Watched, watchedPage } from './browser.ts';
import { servePage } from './served.ts';

const samples = path.join(import.meta.dirname, '../../src/page/samples');

/** The paper's layers, as far as they have windows. */
const LAYERS = [
  { name: 'conv1', kernel: 11, stride: 4, pad: 0 },
  { name: 'norm1' },
  { name: 'pool1', kernel: 3, stride: 2 },
  { name: 'conv2', kernel: 5, stride: 1, pad: 2 },
  { name: 'norm2' },
  { name: 'pool2', kernel: 3, stride: 2 },
  { name: 'conv3', kernel: 3, stride: 1, pad: 1 },
];

describe('receptive field', () => {
  test.each([
    ['input', 1, 1],
    ['conv1', 11, 4],
    ['pool1', 19, 8],
    ['conv2', 51, 8],
    ['pool2', 67, 16],
    ['conv3', 99, 16],
  ])('%s: %i pixels, every %i', (name, width, step) => {
    expect(receptiveField(LAYERS, name)).toMatchObject({ width, step });
  });

  test('against the network itself: the pixels that a window of windows covers, found by walking back', () => {
    const walk = (index: number): [number, number] => {
      let [from, to] = [index, index];
      for (const { kernel = 1, stride = 1, pad = 0 } of LAYERS.toReversed()) {
        from = from * stride - pad;
        to = to * stride - pad + kernel - 1;
      }
      return [Math.max(0, from), Math.min(227, to + 1)];
    };
    const field = receptiveField(LAYERS, 'conv3');
    for (let i = 0; i < 13; i++) {
      const { from, to } = pixelsOf(field, i, 227);
      expect([from, to]).toEqual(walk(i));
    }
  });
});

describe.skipIf(!hasBrowser)('the figure', () => {
  let browser: Browser;
  let worker: LocalWorker;
  let watched: Watched;
  let page: Page;

  beforeAll(async () => {
    [browser, worker] = await Promise.all([launch(), servePage()]);
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await worker?.stop();
  });
  beforeEach(async () => {
    watched = await watchedPage(browser, 'desktop');
    page = watched.page;
    await page.goto(worker.url.href);
    await page.setInputFiles('#files', path.join(samples, 'church.jpg'));
    await page.locator('#figure image[href]').nth(10).waitFor({ state: 'attached' });
  });
  afterEach(async () => {
    await page.context().close();
    expect(watched.errors).toEqual([]);
    expect(watched.hosts.size).toBe(1);
  });

  test('two towers in true proportion: every dot of conv1, conv2 and conv3 is equally large', async () => {
    const names = await page
      .locator('#figure button')
      .evaluateAll((all) => all.map((each) => each.getAttribute('data-stage')));
    expect(names).toEqual(
      'input conv1 norm1 pool1 conv2 norm2 pool2 conv3 conv4 conv5 pool5 fc6 fc7 fc8 prob'.split(' '),
    );
    const towers = page.locator('#figure rect.conv');
    expect(await towers.count()).toBe(10);
    const areas = await towers.evaluateAll((all) =>
      all.map((each) => Number(each.getAttribute('width')) * Number(each.getAttribute('height'))),
    );
    // 48 maps of 55 x 55, 128 of 27 x 27, 192 of 13 x 13, each with a line beside and below.
    expect(areas.slice(0, 6)).toEqual([150_528, 150_528, 100_352, 100_352, 37_632, 37_632]);
    await screenshot(page, 'figure');
  });

  test('a stage: its sentence, figures and maps; one map enlarged, its pattern, and what a dot of it sees', async () => {
    await page.getByRole('button', { name: 'conv1, conv: 96 maps of 55 by 55' }).click();
    await page.getByText('96 small patterns, each 11 × 11 pixels').waitFor();
    expect(await page.locator('#stage-facts').textContent()).toMatch(
      /55 × 55 × 96.*Zeros\d+\.\d %.*105,415,200/,
    );
    const maps = page.locator('#maps button');
    expect(await maps.count()).toBe(96);
    await maps.nth(20).click();
    await page.getByRole('heading', { name: 'Map 21 of conv1' }).waitFor();
    await page.locator('#filter').waitFor();
    const canvas = page.locator('#one');
    const { width = 0 } = (await canvas.boundingBox()) ?? {};
    await canvas.hover({ position: { x: width / 2, y: width / 2 } });
    await page.getByText('Row 28, column 28').waitFor();
    const photo = await page.locator('#field-photo').boundingBox();
    const box = await page.locator('#field-box').boundingBox();
    // Dot 27 begins at pixel 27 * 4 and is 11 wide.
    expect(((box?.x ?? 0) - (photo?.x ?? 0)) / (photo?.width ?? 1)).toBeCloseTo(108 / 227, 1);
    expect((box?.width ?? 0) / (photo?.width ?? 1)).toBeCloseTo(11 / 227, 1);
    const dark = await canvas.evaluate((one: HTMLCanvasElement) =>
      one
        .getContext('2d')
        ?.getImageData(0, 0, 55, 55)
        .data.every((value, i) => i % 4 === 3 || value === 0),
    );
    expect(dark).toBe(false);
    await screenshot(page, 'stage');
    expect(await violations(page)).toEqual([]);
  });

  test.each([
    ['pool5', /Shrinking: of each 3 × 3 dots only the brightest/],
    ['norm1', /Neighbouring pictures compete/],
    ['fc7', /4,096 numbers/],
    ['fc8', /One score for each of the 10 classes.*church\d+\.\d{3}/s],
    ['prob', /shares of 100 %.*church\d+\.\d %/s],
  ])('%s says what it is', async (name, text) => {
    await page.locator(`#figure button[data-stage=${name}]`).click();
    await page.locator('#stage').filter({ hasText: text }).waitFor();
    expect(await violations(page)).toEqual([]);
  });
});
