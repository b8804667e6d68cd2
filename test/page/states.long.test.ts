// The main states of the page, each as a picture in light and dark, 1280 and 360 wide (test/artefacts/page-state-*.png, to be
// looked at); in each of them axe finds nothing and nothing is wider than the screen. Then the keyboard alone: Tab reaches
// everything that can be used, and leaves it.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LocalWorker } from '../../tools/workers/local-worker.ts';
import {
  dispatchFiles,
  hasBrowser,
  launch,
  screenshot,
  violations,
  type Watched,
  watchedPage,
} from './browser.ts';
import { servePage } from './served.ts';

const samples = path.join(import.meta.dirname, '../../src/page/samples');
const sample = (name: string) => path.join(samples, `${name}.jpg`);
const TOKEN = 's3cret';
const LOOKS = (['light', 'dark'] as const).flatMap((theme) => [1280, 360].map((width) => ({ theme, width })));

describe.skipIf(!hasBrowser)('the main states', () => {
  let browser: Browser;
  let worker: LocalWorker;
  let watched: Watched;
  let page: Page;
  const states: string[] = [];

  beforeAll(async () => {
    [browser, worker] = await Promise.all([launch(), servePage({ API_TOKENS: TOKEN })]);
    watched = await watchedPage(browser, 'desktop');
    page = watched.page;
    page.setDefaultTimeout(60_000);
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await worker?.stop();
  });

  /** Takes the four pictures of a state. */
  async function look(name: string): Promise<void> {
    states.push(name);
    for (const { theme, width } of LOOKS) {
      await page.emulateMedia({ colorScheme: theme });
      await page.setViewportSize({ width, height: width === 360 ? 740 : 900 });
      await screenshot(page, `state-${String(states.length).padStart(2, '0')}-${name}-${theme}-${width}`);
      expect([name, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([name, width]);
    }
    // As the last one: dark, 360 wide.
    expect([name, ...(await violations(page))]).toEqual([name]);
    await page.setViewportSize({ width: 1280, height: 900 });
  }

  test('twelve of them, in light and dark, wide and narrow', async () => {
    let goOn = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    await page.route('**/readyz*', async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(worker.url.href);
    await page.getByText('The model is loading').waitFor();
    await look('loading');
    goOn();
    await page.setInputFiles('#files', sample('church'));
    await page.locator('#token').waitFor();
    await look('token');
    await page.locator('#token').fill(TOKEN);
    await page.keyboard.press('Enter');
    await page.locator('#known-classes li').first().waitFor();
    await page.locator('#figure image[href]').nth(10).waitFor({ state: 'attached' });
    await look('answer');
    await page.locator('#occlusion > summary').click();
    await page.locator('#occlude').click();
    await page.getByText(/“church” goes from/).waitFor();
    await look('why');
    await page.locator('#figure button[data-stage=conv1]').click();
    await page.locator('#maps button').nth(20).click();
    await page.locator('#filter').waitFor();
    await look('stage');
    await page.locator('#figure button[data-stage=prob]').click();
    await page.locator('#maps .bars').waitFor();
    await look('probabilities');
    await page.getByRole('button', { name: 'Compute in this browser, too' }).click();
    await page.getByText('All 10 logits are equal, to the bit.').waitFor();
    await look('same-bits');
    await page.setInputFiles('#files', {
      name: 'notes.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('Only some words.'),
    });
    await page.getByRole('alert').waitFor();
    await look('error');
    const bytes = async (name: string) => new Uint8Array(await readFile(sample(name)));
    await dispatchFiles(page, 'drop', [
      { name: 'church.jpg', type: 'image/jpeg', bytes: await bytes('church') },
      { name: 'parachute.jpg', type: 'image/jpeg', bytes: await bytes('parachute') },
      { name: 'notes.txt', type: 'text/plain', bytes: new TextEncoder().encode('Only some words.') },
    ]);
    await page.locator('#summary').filter({ hasText: '2 of 3 answered, 1 failed' }).waitFor();
    await look('list');
    await page.getByRole('button', { name: 'Teach it' }).click();
    const given = (box: number, names: string[]) =>
      page.locator('.box input[type=file]').nth(box).setInputFiles(names.map(sample));
    await given(0, ['church', 'gas-pump']);
    await given(1, ['golf-ball', 'parachute', 'garbage-truck']);
    await page.locator('#teach-said').filter({ hasText: '5 photos' }).waitFor();
    await page.locator('#ask-file').setInputFiles(sample('church'));
    await page.locator('#asked-classes li').first().waitFor();
    await look('teach');
    await page.setInputFiles('#folder', samples);
    await page.locator('#album button').nth(2).click();
    await page.locator('#matches button').nth(4).waitFor();
    await look('alike');
    await page.route('**/v1/inspect*', () => {});
    await page.setInputFiles('#files', sample('gas-pump'));
    await page.locator('#busy').waitFor();
    await look('busy');
    await page.unroute('**/v1/inspect*');
    expect(states.length).toBeGreaterThanOrEqual(12);
    expect(watched.errors).toEqual([]);
    expect(watched.hosts.size).toBe(1);
  });

  test('Tab reaches everything that can be used, and leaves it', async () => {
    await page.setInputFiles('#files', sample('church'));
    await page.locator('#figure image[href]').nth(10).waitFor({ state: 'attached' });
    await page.locator('#figure button[data-stage=conv1]').click();
    await page.locator('#maps button').nth(1).click();
    const usable = await page.evaluate(() => {
      const all = document.querySelectorAll<HTMLElement>('a, button, input, select, summary, [tabindex="0"]');
      const seen = [...all].filter(
        (each) =>
          each.tabIndex >= 0 &&
          !each.matches(':disabled') &&
          each.checkVisibility({ visibilityProperty: true }),
      );
      seen.forEach((each, i) => {
        each.dataset.stop = String(i);
      });
      (document.activeElement as HTMLElement | null)?.blur();
      window.getSelection()?.removeAllRanges();
      return seen.map((each) => each.id || each.textContent?.trim() || each.outerHTML);
    });
    expect(usable.length).toBeGreaterThan(20);
    await page.locator('h1').click();
    const reached = new Set<number>();
    for (let i = 0; i < usable.length + 10; i++) {
      await page.keyboard.press('Tab');
      const stop = await page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset.stop);
      if (stop !== undefined) reached.add(Number(stop));
    }
    expect(usable.filter((_, i) => !reached.has(i))).toEqual([]);
  });
});
