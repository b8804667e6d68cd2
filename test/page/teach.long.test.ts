// "Teach it" in a real browser: boxes of photos are learned at once; what is saved is the same
// file that the browser made, and answers by the curl line that the page shows.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LocalWorker } from '../../tools/workers/local-worker.ts';
import { hasBrowser, launch, screenshot, violations, type Watched, watchedPage } from './browser.ts';
import { servePage } from './served.ts';

const TOKEN = 'wr1te';

/** A drawing of a class: stripes or dots, of a colour and a shift of its own. */
async function drawn(kind: 'stripes' | 'dots', seed: number): Promise<Buffer> {
  const hue = (seed * 67) % 360;
  const shapes = Array.from({ length: 8 }, (_, i) => {
    const at = i * 32 + seed * 5;
    return kind === 'stripes'
      ? `<rect x="${at}" width="14" height="256" fill="hsl(${hue} 70% 40%)"/>`
      : `<circle cx="${at}" cy="${(i * 97 + seed * 31) % 256}" r="22" fill="hsl(${hue} 70% 40%)"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256"><rect width="256" height="256" fill="#eee"/>${shapes.join('')}</svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 85 }).toBuffer();
}

async function files(kind: 'stripes' | 'dots', from: number, count: number) {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => ({
      name: `${kind}-${from + i}.jpg`,
      mimeType: 'image/jpeg',
      buffer: await drawn(kind, from + i),
    })),
  );
}

/** Drops or pastes files on a box. */
async function give(
  page: Page,
  kind: 'drop' | 'paste',
  box: number,
  given: Awaited<ReturnType<typeof files>>,
) {
  const list = given.map(({ name, buffer }) => ({ name, bytes: Array.from(buffer) }));
  await page
    .locator('.box')
    .nth(box)
    .evaluate(
      (target, [event, all]) => {
        const data = new DataTransfer();
        for (const { name, bytes } of all)
          data.items.add(new File([new Uint8Array(bytes)], name, { type: 'image/jpeg' }));
        const init = { bubbles: true, cancelable: true };
        (target as HTMLElement).focus();
        target.dispatchEvent(
          event === 'drop'
            ? new DragEvent('drop', { ...init, dataTransfer: data })
            : new ClipboardEvent('paste', { ...init, clipboardData: data }),
        );
      },
      [kind, list] as const,
    );
}

describe.skipIf(!hasBrowser)('teach it', () => {
  let browser: Browser;
  let worker: LocalWorker;
  let watched: Watched;
  let page: Page;
  const asked: string[] = [];

  beforeAll(async () => {
    [browser, worker] = await Promise.all([launch(), servePage({ WRITE_TOKENS: TOKEN })]);
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await worker?.stop();
  });
  beforeEach(async () => {
    watched = await watchedPage(browser, 'desktop');
    page = watched.page;
    page.setDefaultTimeout(60_000);
    asked.length = 0;
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (request.method() !== 'GET') asked.push(`${request.method()} ${pathname}`);
    });
    await page.goto(worker.url.href);
    await page.getByRole('button', { name: 'Teach it' }).click();
  });
  afterEach(async () => {
    await page.context().close();
    expect(watched.errors).toEqual([]);
    expect(watched.hosts.size).toBe(1);
  });

  const said = (text: RegExp) => page.locator('#teach-said').filter({ hasText: text }).waitFor();
  const box = (at: number) => page.locator('.box').nth(at);

  test('in the browser: an answer for each photo, a photo in the wrong box is marked, nothing is sent', async () => {
    await page.getByRole('button', { name: 'Compute in this browser: photos stay here' }).click();
    await page.getByText('Photos are computed in this browser').waitFor();
    await box(0).getByLabel('Class').fill('striped');
    await box(1).getByLabel('Class').fill('dotted');
    await give(page, 'drop', 0, await files('stripes', 1, 3));
    await box(1)
      .locator('input[type=file]')
      .setInputFiles(await files('dots', 1, 2));
    await said(/^2 classes, 5 photos: \d+\.\d % right when left out \(between/);
    await give(page, 'paste', 1, await files('dots', 3, 1));
    await said(/^2 classes, 6 photos/);
    await give(page, 'drop', 1, await files('stripes', 9, 1));
    await said(/^2 classes, 7 photos/);
    await box(1)
      .locator('.suspicious')
      .filter({ hasText: /^looks like striped, \d+\.\d %/ })
      .waitFor();
    expect(await page.locator('#growth').getAttribute('aria-label')).toMatch(
      /5 photos \d+ %, .*7 photos \d+ %$/,
    );
    await page.locator('#ask-file').setInputFiles(await files('dots', 20, 1));
    await page
      .locator('#asked')
      .filter({ hasText: /^dotted, \d+\.\d %$/ })
      .waitFor();
    await screenshot(page, 'teach');
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Remove stripes-9.jpg' }).click();
    await said(/^2 classes, 6 photos/);
    await page.getByRole('button', { name: 'Ask the webcam, live' }).click();
    await page
      .locator('#asked')
      .filter({ hasText: /striped/ })
      .or(page.locator('#asked').filter({ hasText: /dotted/ }))
      .waitFor();
    await page.getByRole('button', { name: 'Stop the webcam' }).click();
    await box(0).getByRole('button', { name: 'From the webcam' }).click();
    await box(0).getByRole('button', { name: 'Take this picture' }).click();
    await said(/^2 classes, 7 photos/);
    expect(asked).toEqual([]);
  });

  test('by the server, saved with a token: the same file, byte for byte; the curl line works', async () => {
    await give(page, 'drop', 0, await files('stripes', 1, 2));
    await give(page, 'drop', 1, await files('dots', 1, 2));
    await said(/^2 classes, 4 photos/);
    await page.getByRole('button', { name: 'Photos of other things' }).click();
    await give(page, 'drop', 2, [
      {
        name: 'grey.png',
        mimeType: 'image/png',
        buffer: await sharp({ create: { width: 64, height: 64, channels: 3, background: '#888' } })
          .png()
          .toBuffer(),
      },
    ]);
    await box(2).getByText('not one of the classes').waitFor();
    await page.getByLabel('Name', { exact: true }).fill('patterns');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('#saved').filter({ hasText: 'Not saved. A valid bearer token is required' }).waitFor();
    await page.getByLabel('Token that may write').fill(TOKEN);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page
      .locator('#saved')
      .filter({ hasText: 'the same file as this browser, byte for byte' })
      .waitFor();
    await screenshot(page, 'teach-saved');
    expect(await violations(page)).toEqual([]);
    const line = (await page.locator('#use-code').textContent()) ?? '';
    const [{ buffer }] = (await files('dots', 30, 1)) as [Awaited<ReturnType<typeof files>>[0]];
    const run = promisify(execFile)('sh', ['-c', line.replace('@photo.jpg', '@-')]);
    run.child.stdin?.end(buffer);
    expect(JSON.parse((await run).stdout)).toMatchObject({ model: { name: 'patterns' } });
    await page.getByRole('button', { name: 'Remove grey.png' }).click();
    await box(0).getByLabel('Class').fill('striped');
    await box(0).getByLabel('Class').press('Enter');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page
      .locator('#saved')
      .filter({ hasText: /byte for byte/ })
      .waitFor();
    const { classes, strangers } = (await (
      await fetch(new URL('/v1/heads/patterns', worker.url))
    ).json()) as {
      classes: { label: string; photos: number }[];
      strangers: number;
    };
    expect(classes.map(({ label, photos }) => `${label} ${photos}`)).toEqual(['Class 2 2', 'striped 2']);
    expect(strangers).toBe(0);
  });
});
