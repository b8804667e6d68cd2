// The same bits in the browser: a real one runs the server's decoder, engine and weights in a web worker.
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LocalWorker } from '../../tools/workers/local-worker.ts';
import { hasBrowser, launch, screenshot, watchedPage } from './browser.ts';
import { servePage } from './served.ts';

const samples = path.join(import.meta.dirname, '../../src/page/samples');

describe.skipIf(!hasBrowser)('in your browser', () => {
  let browser: Browser;
  let worker: LocalWorker;

  beforeAll(async () => {
    [browser, worker] = await Promise.all([launch(), servePage({ API_TOKENS: 's3cret' })]);
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await worker?.stop();
  });

  test('all logits are equal to the bit, also behind a token; then it answers without a connection', async () => {
    const { page, errors } = await watchedPage(browser, 'desktop');
    page.setDefaultTimeout(100_000);
    const fetched: string[] = [];
    page.on('request', (request) => fetched.push(new URL(request.url()).pathname));
    await page.goto(worker.url.href);
    await page.setInputFiles('#files', path.join(samples, 'church.jpg'));
    await page.locator('#token').fill('s3cret');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /^Church/ }).waitFor();
    expect(fetched.filter((name) => /wasm|\/file$/.test(name))).toEqual([]);
    await page.getByRole('button', { name: 'Compute in this browser, too' }).click();
    await page.getByText('All 10 logits are equal, to the bit.').waitFor();
    expect(await page.locator('#local-table tbody tr').count()).toBe(10);
    await screenshot(page, 'same-bits');
    await page.route('**/v1/**', (route) => route.abort());
    await page.setInputFiles('#files', path.join(samples, 'parachute.jpg'));
    await page.getByRole('heading', { name: /^Parachute/ }).waitFor();
    expect(errors).toEqual([]);
  });

  test('a later visit without a connection: page, weights and answer come from this browser', async () => {
    const { page, errors } = await watchedPage(browser, 'desktop');
    page.setDefaultTimeout(100_000);
    // The token is not kept, so this visit goes to a Worker that asks for none.
    const open = await servePage();
    try {
      await page.goto(open.url.href);
      await page.getByText('The model is ready.').waitFor();
      await page.getByRole('button', { name: 'golf ball' }).click();
      await page.getByRole('heading', { name: /^Golf ball/i }).waitFor();
      await page.getByRole('button', { name: 'Compute in this browser, too' }).click();
      await page.getByText('All 10 logits are equal, to the bit.').waitFor();
      await page.waitForFunction(() => localStorage.getItem('alexnet-edge-kept') === 'yes');
    } finally {
      await open.stop();
    }
    await page.reload();
    await page.getByText(/from this browser’s cache/).waitFor({ state: 'attached' });
    await page.setInputFiles('#files', path.join(samples, 'church.jpg'));
    await page.getByRole('heading', { name: /^Church/ }).waitFor();
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test('the webcam: a class for each frame, until it is stopped', async () => {
    const { page, errors } = await watchedPage(browser, 'desktop');
    page.setDefaultTimeout(100_000);
    await page.goto(worker.url.href);
    await page.setInputFiles('#files', path.join(samples, 'church.jpg'));
    await page.locator('#token').fill('s3cret');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /^Church/ }).waitFor();
    await page.getByRole('button', { name: 'Compute in this browser, too' }).click();
    await page.getByText('All 10 logits are equal, to the bit.').waitFor();
    await page.getByRole('button', { name: 'Use the webcam, live' }).click();
    await page.waitForFunction(() =>
      /[1-9][\d.]* frames a second/.test(document.getElementById('live-rate')?.textContent ?? ''),
    );
    expect(await page.locator('#live-class').textContent()).toMatch(/^[a-z].*, \d+\.\d %$/i);
    await screenshot(page, 'webcam');
    await page.getByRole('button', { name: 'Stop the webcam' }).click();
    expect(await page.locator('#video').isVisible()).toBe(false);
    expect(errors).toEqual([]);
    await page.context().close();
  });
});
