// The page in a real browser, against the real Worker with the default model. Screenshots of the main states are left
// in test/artefacts.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { photographPixels } from '../../tools/fixtures/photograph.ts';
import { defaultModelFile, type LocalWorker, startWorker } from '../../tools/workers/local-worker.ts';
import { packTinyModel } from '../support/tiny-model.ts';
import {
  dispatchFiles,
  hasBrowser,
  launch,
  NO_BROWSER,
  screenshot,
  violations,
  type Watched,
  watchedPage,
} from './browser.ts';

const root = path.join(import.meta.dirname, '../..');
const samples = path.join(root, 'src/page/samples');
/** What the Tab key reaches first. */
const TAB_STOPS = ['link', 'link', 'link', 'theme', 'files', 'camera', 'reduce', 'sample'];
const run = promisify(execFile);
const logged: string[] = [];
const options = { page: true, onLog: (line: string) => logged.push(line) };

const sample = (name: string) => path.join(samples, `${name}.jpg`);
const firstClass = (page: Page) => page.locator('#classes li').first();

async function dropped(name: string) {
  return { name: `${name}.jpg`, type: 'image/jpeg', bytes: new Uint8Array(await readFile(sample(name))) };
}

async function large(width: number, height: number) {
  const raw = { width, height, channels: 3 } as const;
  return sharp(photographPixels(width, height), { raw });
}

if (!hasBrowser) console.warn(`page tests are skipped: ${NO_BROWSER}`);

describe.skipIf(!hasBrowser)(hasBrowser ? 'the page' : `the page (${NO_BROWSER})`, () => {
  let browser: Browser;
  let worker: LocalWorker;
  let watched: Watched;
  let page: Page;

  beforeAll(async () => {
    const { key, file } = await defaultModelFile();
    [browser, worker] = await Promise.all([launch(), startWorker({ MODEL: key }, options)]);
    await worker.bucket.put(key, await readFile(file));
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await worker?.stop();
  });
  beforeEach(({ task }) => open(task.name.endsWith('phone') ? 'phone' : 'desktop'));
  afterEach(async () => {
    await page.context().close();
    expect(watched.errors).toEqual([]);
    expect(watched.hosts.size).toBe(1);
  });

  const open = async (device: 'desktop' | 'phone') => {
    watched = await watchedPage(browser, device);
    page = watched.page;
  };
  const visit = () => page.goto(worker.url.href);
  const answered = (label: string) => firstClass(page).filter({ hasText: label }).waitFor();

  test('paints before the model is there, and says that it loads', async () => {
    let loaded = () => {};
    const held = new Promise<void>((resolve) => {
      loaded = resolve;
    });
    await page.route('**/readyz*', async (route) => {
      await held;
      await route.continue();
    });
    const response = await visit();
    expect(response?.headers()['content-security-policy']).toContain("default-src 'none'");
    expect(response?.headers()['content-security-policy']).not.toMatch(/'unsafe/);
    await page.getByRole('heading', { name: 'alexnet-edge' }).waitFor();
    await page.getByText('The model is loading').waitFor();
    const paints = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint').length);
    expect(paints).toBe(1);
    await screenshot(page, 'loading');
    loaded();
    await page.getByText('The model is ready').waitFor();
  });

  test('a chosen photo: right label, bars, timings, and the preview as the network sees it', async () => {
    await visit();
    const posts: string[] = [];
    page.on('request', (request) => request.method() === 'POST' && posts.push(request.url()));
    await page.setInputFiles('#files', sample('golf-ball'));
    await answered('golf ball');
    await page.locator('#figure button').first().waitFor();
    const seen = page.locator('#seen');
    await page.locator('#seen[src]').waitFor({ state: 'attached' });
    await page.getByRole('heading', { name: /^Golf ball, 9\d\.\d %$/ }).waitFor();
    expect(await firstClass(page).getAttribute('title')).toBe('golf ball (n03445777)');
    expect(await page.locator('#classes').textContent()).not.toContain('0.0 %');
    expect(posts.map((address) => new URL(address).pathname + new URL(address).search)).toEqual([
      '/v1/inspect?format=json&maps=input',
      '/v1/inspect?fit=none&format=json&maps=all',
    ]);
    expect(await firstClass(page).textContent()).toMatch(/^golf ball9\d\.\d %$/);
    const widths = await page
      .locator('#classes .bar')
      .evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().width));
    expect(widths[0]).toBeGreaterThan(10 * (widths[1] ?? 0));
    expect(await page.locator('#timings').textContent()).toMatch(
      /Upload.*ms.*Decode.*ms.*Inference.*ms.*warm/,
    );
    const shown = await seen.evaluate(async (image: HTMLImageElement) => {
      await image.decode();
      const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
      const context = canvas.getContext('2d');
      context?.drawImage(image, 0, 0);
      return Array.from(context?.getImageData(0, 0, canvas.width, canvas.height).data ?? []);
    });
    const answer = await fetch(new URL('/v1/inspect?layer=input&format=json', worker.url), {
      method: 'POST',
      body: await readFile(sample('golf-ball')),
    });
    const { values } = (await answer.json()) as { values: number[] };
    expect(values.length).toBe(227 * 227 * 3);
    expect(shown.filter((_, i) => i % 4 !== 3)).toEqual(values);
    await screenshot(page, 'answer');
    expect(await violations(page)).toEqual([]);
  });

  test('two dropped files become a list; a pasted one replaces it', async () => {
    await visit();
    await dispatchFiles(page, 'drop', [await dropped('church'), await dropped('parachute')]);
    const items = page.locator('#items button');
    await items.nth(1).filter({ hasText: 'parachute,' }).waitFor();
    expect(await items.count()).toBe(2);
    expect(await items.nth(0).textContent()).toMatch(/^church\.jpgchurch, \d+\.\d %$/);
    await items.nth(1).click();
    await answered('parachute');
    expect(await items.nth(1).getAttribute('aria-current')).toBe('true');
    await screenshot(page, 'list');
    expect(await violations(page)).toEqual([]);
    expect(await page.locator('#summary').textContent()).toBe('2 of 2 answered: 1 church, 1 parachute');
    await page.locator('#items img[src]').nth(1).waitFor();
    await page.getByRole('button', { name: 'Copy as CSV' }).click();
    await page.getByText('Copied.').waitFor();
    const csv = await page.evaluate(() => navigator.clipboard.readText());
    expect(csv).toMatch(/^file,label,score,error\r\nchurch\.jpg,church,0\.\d+,\r\nparachute\.jpg,/);
    await dispatchFiles(page, 'paste', [await dropped('gas-pump')]);
    await answered('gas pump');
    expect(await page.locator('#list').isVisible()).toBe(false);
  });

  test('a text file: the problem in words', async () => {
    await visit();
    await page.setInputFiles('#files', {
      name: 'notes.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('Not a picture at all, only some words.'),
    });
    const error = page.getByRole('alert');
    await error.waitFor();
    expect(await error.textContent()).toMatch(/^This is not an image that is read here: Expected JPEG, PNG/);
    expect(await page.locator('#answer').isVisible()).toBe(false);
    await screenshot(page, 'error');
    expect(await violations(page)).toEqual([]);
  });

  test('one of two is no photo: it is red in the list', async () => {
    await visit();
    const notes = {
      name: 'notes.txt',
      type: 'text/plain',
      bytes: new TextEncoder().encode('Only some words.'),
    };
    await dispatchFiles(page, 'drop', [await dropped('church'), notes]);
    const failed = page.locator('#items .failed');
    await failed.waitFor();
    expect(await failed.evaluate((state) => getComputedStyle(state).color)).toBe('rgb(161, 18, 18)');
    expect(await page.locator('#summary').textContent()).toBe('1 of 2 answered, 1 failed: 1 church');
  });

  test('AVIF, which the server does not read, is decoded by the browser unasked', async () => {
    await visit();
    const avif = await sharp(sample('church')).avif().toBuffer();
    await page.setInputFiles('#files', { name: 'church.avif', mimeType: 'image/avif', buffer: avif });
    await answered('church');
    await page.getByText('decoded by your browser').waitFor();
  });

  test('after a tap the busy sign, then the answer are in view, on a phone', async () => {
    await visit();
    let goOn = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    await page.route('**/v1/inspect*', async (route) => {
      await held;
      await route.continue();
    });
    await page.getByRole('button', { name: 'parachute' }).tap();
    const inView = (selector: string) =>
      page.waitForFunction((found) => {
        const box = document.querySelector(found)?.getBoundingClientRect();
        return box && box.height > 0 && box.top >= 0 && box.bottom <= innerHeight;
      }, selector);
    await inView('#busy');
    await screenshot(page, 'phone-busy');
    goOn();
    await answered('parachute');
    await inView('#result-title');
    await inView('#classes li');
  });

  test('why this class: painted onto the photo in points of probability, for the class one chooses', async () => {
    await visit();
    await page.getByRole('button', { name: 'gas pump' }).click();
    await answered('gas pump');
    await page.locator('#occlusion > summary').click();
    await page.locator('#occlude').click();
    await page.locator('#occlusion-busy').waitFor();
    await page.locator('#map').waitFor();
    const said = page.locator('#occlusion-said');
    await said.filter({ hasText: /“gas pump” goes from \d+\.\d % to \d+\.\d %: −\d+\.\d points/ }).waitFor();
    expect(await page.locator('#scale').textContent()).toMatch(/\+\d+\.\d points.*−\d+\.\d points/);
    const [map, frame] = await Promise.all([
      page.locator('#map').boundingBox(),
      page.locator('#frame').boundingBox(),
    ]);
    expect(map?.width).toBeCloseTo(frame?.width ?? 0, 0);
    await screenshot(page, 'why');
    await page.locator('#occlusion-class').selectOption({ label: 'church' });
    await page.locator('#occlude').click();
    await said.filter({ hasText: '“church” goes' }).waitFor();
  });

  test('three themes, kept', async () => {
    await visit();
    await page.getByRole('button', { name: 'gas pump' }).click();
    await answered('gas pump');
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.locator('#theme').click();
    expect(await ground()).toBe(light);
    await page.locator('#theme').click();
    expect(await page.locator('#theme').textContent()).toBe('Theme: dark');
    expect(await ground()).not.toBe(light);
    await page.locator('#figure button').first().waitFor();
    expect(await violations(page)).toEqual([]);
    await screenshot(page, 'dark');
    await page.reload();
    expect(await page.locator('#theme').textContent()).toBe('Theme: dark');
    expect(await ground()).not.toBe(light);
  });

  test('the copied request works as curl, JavaScript and Python', async () => {
    await visit();
    await page.setInputFiles('#files', sample('cassette-player'));
    await answered('cassette player');
    await page.locator('#copy > summary').click();
    const copied = async (language: string) => {
      await page.getByRole('button', { name: `Copy as ${language}` }).click();
      await page.getByText('Copied.').waitFor();
      return page.evaluate(() => navigator.clipboard.readText());
    };
    const answers = await Promise.all([
      run('sh', ['-c', await copied('curl')], { cwd: samples }),
      run(process.execPath, ['--input-type=module', '-e', await copied('JavaScript')], { cwd: samples }),
      run('python3', ['-c', await copied('Python')], { cwd: samples }),
    ]);
    expect(answers.length).toBe(3);
    for (const { stdout } of answers) expect(stdout).toMatch(/cassette player/);
  });

  test('by keyboard alone, on a phone', async () => {
    await visit();
    await page.locator('#samples button').last().waitFor();
    const order: string[] = [];
    for (let i = 0; i < TAB_STOPS.length; i++) {
      await page.keyboard.press('Tab');
      const [name, outline] = await page.evaluate(() => {
        const focused = document.activeElement;
        const drawn =
          focused instanceof HTMLInputElement && focused.type === 'file' ? focused.labels?.[0] : focused;
        return [
          focused?.id || (focused instanceof HTMLAnchorElement ? 'link' : 'sample'),
          drawn ? getComputedStyle(drawn).outlineStyle : 'none',
        ];
      });
      order.push(name ?? '');
      expect(outline).toBe('solid');
    }
    expect(order.map((id) => (id === 'source' ? 'link' : id))).toEqual(TAB_STOPS);
    await page.keyboard.press('Enter');
    await answered('golf ball');
    await page.locator('#figure button').first().waitFor();
    const said = page.locator('#said').filter({ hasText: /^golf-ball\.jpg: golf ball, \d+\.\d %$/ });
    await said.waitFor({ state: 'attached' });
    // The five other samples, why, copy, and the figure: one stop, arrows within, and on to the maps of a stage.
    await page.locator('#figure svg image').first().waitFor({ state: 'attached' });
    const onFigure = () => page.evaluate(() => document.activeElement?.getAttribute('data-stage'));
    for (let i = 0; i < 10 && !(await onFigure()); i++) await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowRight');
    expect(await onFigure()).toBe('conv1');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'conv1: convolution' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Map 2 of conv1' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowLeft');
    expect(await page.locator('#one-said').textContent()).toMatch(/It sees 11 × 11 pixels of the photo/);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.id)).not.toBe('one');
    const widest = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(widest).toBe(360);
    await screenshot(page, 'phone');
    expect(await violations(page)).toEqual([]);
  });

  test('a large photo: progress while it uploads, and reduced first when that is ticked', async () => {
    await visit();
    const photo = await (await large(1600, 1200)).jpeg({ quality: 95 }).toBuffer();
    const file = { name: 'large.jpg', mimeType: 'image/jpeg', buffer: photo };
    const network = await page.context().newCDPSession(page);
    await network.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: photo.byteLength,
    });
    await page.setInputFiles('#files', file);
    await page.getByText(/Uploading: [1-9]\d?\.\d %/).waitFor();
    await screenshot(page, 'uploading');
    await page.locator('#busy').waitFor({ state: 'hidden' });
    await page.locator('#reduce').check();
    const asked = page.waitForRequest('**/v1/inspect?format=json&maps=input');
    await page.setInputFiles('#files', file);
    const { 'content-length': length } = await (await asked).allHeaders();
    expect(Number(length)).toBeGreaterThan(1000);
    expect(Number(length)).toBeLessThan(photo.byteLength / 2);
    await page.getByText('Sent: jpeg, 683 × 512, reduced in the browser.').waitFor();
  });

  test('asks for a token when the server wants one', async () => {
    const guarded = await startWorker({ MODEL: 'tiny.safetensors', API_TOKENS: 'old, s3cret' }, options);
    try {
      await guarded.bucket.put('tiny.safetensors', await packTinyModel(root));
      await page.goto(guarded.url.href);
      await page.setInputFiles('#files', sample('church'));
      await page.getByRole('alert').filter({ hasText: 'token' }).waitFor();
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('token');
      await screenshot(page, 'token');
      expect(await violations(page)).toEqual([]);
      await page.keyboard.type('s3cret');
      await page.keyboard.press('Enter');
      await answered('class');
      expect(await page.locator('#token-form').isVisible()).toBe(false);
      await page.locator('#copy > summary').click();
      await page.getByRole('button', { name: 'Copy as curl' }).click();
      expect(await page.locator('#code').textContent()).toContain('-H "Authorization: Bearer $TOKEN"');
    } finally {
      await guarded.stop();
    }
  });
});
