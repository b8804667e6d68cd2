// "Find alike" in a real browser: over a folder, of which nothing is sent; over an index of the server, with the same figures.
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LocalWorker } from '../../tools/workers/local-worker.ts';
import { hasBrowser, launch, screenshot, violations, type Watched, watchedPage } from './browser.ts';
import { servePage } from './served.ts';

const TOKEN = 'wr1te';
const samples = path.join(import.meta.dirname, '../../src/page/samples');
const NAMES = ['golf-ball', 'parachute', 'church', 'gas-pump', 'cassette-player', 'garbage-truck'];

describe.skipIf(!hasBrowser)('find alike', () => {
  let browser: Browser;
  let worker: LocalWorker;
  let folder: string;
  let watched: Watched;
  let page: Page;

  beforeAll(async () => {
    [browser, worker] = await Promise.all([launch(), servePage({ WRITE_TOKENS: TOKEN })]);
    folder = await mkdtemp(path.join(tmpdir(), 'alike-'));
    await mkdir(path.join(folder, 'more'));
    for (const name of NAMES)
      await copyFile(path.join(samples, `${name}.jpg`), path.join(folder, `${name}.jpg`));
    // The same church, compressed once more: nearly the same photo.
    await sharp(path.join(samples, 'church.jpg'))
      .jpeg({ quality: 90 })
      .toFile(path.join(folder, 'more/second-church.jpg'));
    await writeFile(path.join(folder, 'more/notes.txt'), 'no photo');
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await worker?.stop();
    if (folder) await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    watched = await watchedPage(browser, 'desktop');
    page = watched.page;
    page.setDefaultTimeout(60_000);
    await page.goto(worker.url.href);
  });
  afterEach(async () => {
    await page.context().close();
    expect(watched.errors).toEqual([]);
    expect(watched.hosts.size).toBe(1);
  });

  test('a folder: the photos most like one, computed here; then the same over an index', async () => {
    const sent: string[] = [];
    page.on('request', (request) => request.method() !== 'GET' && sent.push(request.url()));
    await page.setInputFiles('#folder', folder);
    await page.getByText(/^7 photos in \d+\.\d s, one file is no photo that can be read here\.$/).waitFor();
    await page.locator('#album button').filter({ hasText: 'church.jpg' }).first().click();
    await page.getByRole('heading', { name: /^Most like (second-)?church\.jpg$/ }).waitFor();
    const first = page.locator('#matches li').first();
    await first.filter({ hasText: /church\.jpgsimilarity (1\.00|0\.9\d), nearly the same photo$/ }).waitFor();
    expect(await page.locator('#matches li').count()).toBe(6);
    expect(sent).toEqual([]);
    await screenshot(page, 'alike');
    expect(await violations(page)).toEqual([]);

    const headers = { authorization: `Bearer ${TOKEN}` };
    for (const name of NAMES) {
      const body = await sharp(path.join(folder, `${name}.jpg`)).toBuffer();
      const address = new URL(`/v1/index/mine/${name}.jpg`, worker.url);
      expect((await fetch(address, { method: 'PUT', headers, body })).status).toBe(200);
    }
    const search = page.getByRole('button', { name: 'Find photos like the one above' });
    await page.getByLabel('Index', { exact: true }).fill('mine');
    await search.click();
    await page.getByText('Choose a photo at the top of the page first.').waitFor();
    await page.setInputFiles('#files', path.join(folder, 'more/second-church.jpg'));
    await page
      .getByRole('heading', { name: /church/i })
      .first()
      .waitFor();
    await page.locator('#classes li').first().filter({ hasText: 'church' }).waitFor();
    await search.click();
    const found = page.locator('#index-matches li');
    await found
      .first()
      .filter({ hasText: /^church\.jpg similarity (1\.00|0\.9\d)$/ })
      .waitFor();
    // What the server finds is what the browser finds, with the same figures.
    await page.locator('#album button').filter({ hasText: 'second-church.jpg' }).click();
    await page.getByRole('heading', { name: 'Most like second-church.jpg' }).waitFor();
    const local = await page.locator('#matches li').allTextContents();
    const there = await found.allTextContents();
    expect(there.map((text) => text.replace(' s', 's'))).toEqual(
      local.map((text) => text.replace(', nearly the same photo', '')),
    );
  });

  test('an index that is not there: the problem in words', async () => {
    await page.setInputFiles('#files', path.join(samples, 'church.jpg'));
    await page.locator('#classes li').first().waitFor();
    await page.getByLabel('Index', { exact: true }).fill('nothing');
    await page.getByLabel('Index', { exact: true }).press('Enter');
    await page.locator('#index-said').filter({ hasText: 'there is no index nothing' }).waitFor();
  });
});
