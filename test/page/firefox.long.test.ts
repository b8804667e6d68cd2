// What a visitor does, in Firefox: a photo's answer, the figure, why this class, the same bits, the docs.
import path from 'node:path';
import axe from 'axe-core';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LocalWorker } from '../../tools/workers/local-worker.ts';
import { hasFirefox, launchFirefox } from './firefox.ts';
import { servePage } from './served.ts';

const church = path.join(import.meta.dirname, '../../src/page/samples/church.jpg');
const artefacts = path.join(import.meta.dirname, '../artefacts');

describe.skipIf(!hasFirefox)('in Firefox', () => {
  let browser: Browser;
  let worker: LocalWorker;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    [browser, worker] = await Promise.all([launchFirefox(), servePage()]);
    page = await browser.newPage();
    page.setDefaultTimeout(100_000);
    await page.setViewport({ width: 1280, height: 900 });
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await worker?.stop();
  });

  const button = (name: string) => page.locator(`::-p-aria([name="${name}"][role="button"])`);

  test('a chosen photo: answer, figure, the same bits in the browser', async () => {
    await page.goto(worker.url.href);
    await page.locator('#model[data-state="ready"]').wait();
    const input = (await page.$('input#files')) as Awaited<ReturnType<typeof page.$<'input'>>>;
    await input?.uploadFile(church);
    await page.waitForFunction(() =>
      /^Church/.test(document.getElementById('result-title')?.textContent ?? ''),
    );
    await page.locator('#figure button').wait();
    await button('Compute in this browser, too').click();
    await page.waitForFunction(() =>
      /All 10 logits are equal, to the bit/.test(document.getElementById('local-said')?.textContent ?? ''),
    );
    await page.screenshot({ path: path.join(artefacts, 'page-firefox.png'), fullPage: true });
  });

  test('why this class, painted onto the photo', async () => {
    await page.evaluate(() => document.getElementById('occlusion')?.setAttribute('open', ''));
    await button('Paint it').click();
    await page.waitForFunction(() => document.getElementById('scale')?.hidden === false);
  });

  test('a stage, by keyboard: its sentence and its maps', async () => {
    await page.evaluate(() => document.querySelector<HTMLElement>('#figure [tabindex="0"]')?.focus());
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => (document.getElementById('stage-text')?.textContent ?? '') !== '');
    await page.waitForFunction(() => (document.getElementById('maps')?.childElementCount ?? 0) > 0);
  });

  test.each(['/', '/docs'])('axe finds nothing on %s', async (address) => {
    await page.goto(new URL(address, worker.url).href);
    await page.waitForFunction(() => document.querySelector('button') !== null);
    await page.evaluate(axe.source);
    const found = await page.evaluate(async () => {
      const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    });
    expect(found).toEqual([]);
  });

  test('no script error all the while', () => expect(errors).toEqual([]));
});
