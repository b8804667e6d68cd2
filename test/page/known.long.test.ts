// What the page says it knows: its classes, a search among a thousand, kinds of several classes; and how it shows itself where
// its address is shared. Thousand classes and kinds are put into the server's answers on their way: the default model has ten.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Page, Route } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LocalWorker } from '../../tools/workers/local-worker.ts';
import { hasBrowser, launch, screenshot, violations, type Watched, watchedPage } from './browser.ts';
import { servePage } from './served.ts';

const root = path.join(import.meta.dirname, '../..');

let worker: LocalWorker;
beforeAll(async () => {
  worker = await servePage();
}, 240_000);
afterAll(() => worker?.stop());

test('where it is shared: title, words and a picture with its whole address', async () => {
  const response = await fetch(worker.url);
  const page = await response.text();
  const content = (name: string) => new RegExp(`property="${name}" content="([^"]+)"`).exec(page)?.[1] ?? '';
  expect(content('og:title')).toBe('AlexNet, looking at your photo');
  const address = content('og:image');
  expect(new URL(address).host).toBe(worker.url.host);
  const picture = await fetch(address);
  expect(picture.headers.get('content-type')).toBe('image/jpeg');
  const { width, height } = await sharp(await picture.arrayBuffer()).metadata();
  expect([width, height]).toEqual([1200, 630]);
});

describe.skipIf(!hasBrowser)('in a browser', () => {
  let browser: Browser;
  let watched: Watched;
  let page: Page;

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    watched = await watchedPage(browser, 'desktop');
    page = watched.page;
  });
  afterEach(async () => {
    await page.context().close();
    expect(watched.errors).toEqual([]);
    expect(watched.hosts.size).toBe(1);
  });

  /** Lets an answer of the server through with something put into it. */
  const change = (pattern: string | RegExp, put: Record<string, unknown>) =>
    page.route(pattern, async (route: Route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), ...put } });
    });

  test('a thousand classes: how many, and a search among them', async () => {
    const lines = (await readFile(path.join(root, 'weights/data/imagenet-classes.txt'), 'utf8'))
      .trim()
      .split('\n');
    const labels = lines
      .filter((line) => /^n\d{8} /.test(line))
      .map((line, index) => ({ index, synset: line.slice(0, 9), label: line.slice(10) }));
    expect(labels.length).toBe(1000);
    await change(/\/v1\/models\/[^/]+$/, { labels });
    await page.goto(worker.url.href);
    await page.getByText('It knows 1000 classes and nothing else.').waitFor();
    const classes = page.locator('#known-classes li');
    expect(await classes.count()).toBe(0);
    const search = page.getByLabel('Is yours among them?');
    await search.fill('Retriever');
    await expect
      .poll(() => classes.allTextContents())
      .toEqual([
        'flat-coated retriever',
        'curly-coated retriever',
        'golden retriever',
        'Labrador retriever',
        'Chesapeake Bay retriever',
      ]);
    expect(await classes.nth(2).getAttribute('title')).toBe('n02099601');
    await screenshot(page, 'search');
    expect(await violations(page)).toEqual([]);
    await search.fill('e');
    await page.getByText(/^and \d{3} more$/).waitFor();
    await search.fill('unicorn');
    await expect.poll(() => classes.allTextContents()).toEqual(['none']);
  });

  test('no class has half, but a kind of several has: the kind is the answer', async () => {
    await change('**/v1/inspect?format=json&maps=input', {
      predictions: [
        { index: 1, label: 'English springer, English springer spaniel', score: 0.41 },
        { index: 0, label: 'tench', score: 0.07 },
      ],
      parents: [
        { synset: 'n02102040', label: 'spaniel', score: 0.62, classes: 8 },
        { synset: 'n02084071', label: 'dog, domestic dog', score: 0.93, classes: 118 },
        { synset: 'n00015388', label: 'animal', score: 0.98, classes: 398 },
      ],
      none_of_these: false,
    });
    await page.goto(worker.url.href);
    await page.getByRole('button', { name: 'church' }).click();
    await page
      .getByRole('heading', { name: 'Some kind of dog, 93.0 %; perhaps English springer, 41.0 %' })
      .waitFor();
  });

  test('a photo of something else: probably none of its classes', async () => {
    await change('**/v1/inspect?format=json&maps=input', { known: 0.02, none_of_these: true });
    await page.goto(worker.url.href);
    await page.getByRole('button', { name: 'church' }).click();
    await page.getByRole('heading', { name: 'Probably none of its classes. Nearest: church' }).waitFor();
    await page.getByText('It can only answer with what it knows').waitFor();
  });
});
