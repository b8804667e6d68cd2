// /docs as a reader uses it: every example is pasted and runs, in three languages; "try it" answers in place; nothing
// for axe to find; readable at 360 px.
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LocalWorker } from '../../tools/workers/local-worker.ts';
import { hasBrowser, launch, screenshot, violations, watchedPage } from './browser.ts';
import { servePage } from './served.ts';

const run = promisify(execFile);
const sample = path.join(import.meta.dirname, '../../src/page/samples/church.jpg');
const TOKEN = 's3cret';

let worker: LocalWorker;
let folder: string;

beforeAll(async () => {
  worker = await servePage({ API_TOKENS: TOKEN });
  folder = await mkdtemp(path.join(tmpdir(), 'docs-'));
  await copyFile(sample, path.join(folder, 'photo.jpg'));
}, 240_000);
afterAll(async () => {
  await worker?.stop();
  if (folder) await rm(folder, { recursive: true });
});

const UNQUOTED: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

/** What is stored first, by other requests: their examples show the form, and do not run by themselves. */
const STORED = /\/v1\/(heads|jobs|index)\b/;

/** The programs of the page, as a browser shows them. */
async function programs(language: string): Promise<string[]> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const page = await (await fetch(new URL('/docs', worker.url), { headers })).text();
  const found = page.matchAll(new RegExp(`<pre data-language="${language}"><code>([\\s\\S]*?)</code>`, 'g'));
  return [...found]
    .map(([, code = '']) => code.replace(/&(amp|lt|gt|quot|#39);/g, (name) => UNQUOTED[name] ?? name))
    .filter((code) => !STORED.test(code));
}

const RUNNERS = {
  curl: (code: string) => ['bash', '-c', code.replace('curl', 'curl -fsS')],
  JavaScript: (code: string) => ['node', '--input-type=module', '-e', code],
  Python: (code: string) => ['python3', '-c', code],
};

test.each(Object.entries(RUNNERS))('every example in %s runs as it stands', async (language, command) => {
  const found = await programs(language);
  expect(found.length).toBeGreaterThanOrEqual(28);
  for (const code of found) {
    const [program = '', ...args] = command(code);
    const options = { cwd: folder, env: { ...process.env, TOKEN }, maxBuffer: 64 << 20 };
    const outcome = await run(program, args, options).then(
      ({ stdout }) => (/-o answer/.test(code) || stdout.length > 1 ? 'ran' : 'said nothing'),
      (error: Error) => error.message,
    );
    expect([code, outcome]).toEqual([code, 'ran']);
  }
});

describe.skipIf(!hasBrowser)('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  test('axe finds nothing, also at 360 px; no other host is asked', async () => {
    for (const device of ['desktop', 'phone'] as const) {
      const { page, errors, hosts } = await watchedPage(browser, device);
      await page.goto(new URL('/docs', worker.url).href);
      await page.getByRole('button', { name: 'Try it' }).first().waitFor();
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      expect([...hosts]).toEqual([worker.url.host]);
      expect(errors).toEqual([]);
      await screenshot(page, `docs-${device}`);
      await page.context().close();
    }
  });

  test('try it: asks for the token, then answers with JSON and with a picture', async () => {
    const { page } = await watchedPage(browser, 'desktop');
    await page.goto(new URL('/docs', worker.url).href);
    const classify = page.locator('section', { has: page.locator('#post-v1-classify') });
    await classify.getByRole('button', { name: 'Try it' }).click();
    await classify.getByText('Status 401').waitFor();
    await page.getByLabel('Bearer token for "Try it"').fill(TOKEN);
    await classify.getByRole('button', { name: 'Try it' }).click();
    await classify.getByText('Status 200').waitFor();
    await expect(classify.locator('.try pre').textContent()).resolves.toMatch(/"label": "church/);
    const filters = page.locator('section', { has: page.locator('#get-v1-models-name-filters-png') });
    await filters.getByRole('button', { name: 'Try it' }).click();
    await filters.getByAltText('The answer, a picture').waitFor();
  });
});
