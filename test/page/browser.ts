// A real browser on the page: Debian's Chromium, driven by playwright-core. Collects what must never happen: script
// errors, violations of the content security policy, requests to another host.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const hasBrowser = existsSync(CHROMIUM);
export const NO_BROWSER = `no browser at ${CHROMIUM}: apt-get install chromium, or set CHROMIUM`;

const ARTEFACTS = path.join(import.meta.dirname, '../artefacts');
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A camera that shows a moving test picture, and leave to use it.
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];

export async function launch(): Promise<Browser> {
  await mkdir(ARTEFACTS, { recursive: true });
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

export interface Watched {
  page: Page;
  /** Script errors and messages of level error; a refused request (4xx) is not one. */
  errors: string[];
  /** Hosts that were asked. */
  hosts: Set<string>;
}

const DESKTOP = { viewport: { width: 1000, height: 800 } };
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

/** A new page in a context of its own, not yet at an address. */
export async function watchedPage(browser: Browser, device: 'desktop' | 'phone'): Promise<Watched> {
  const context = await browser.newContext({
    ...(device === 'phone' ? PHONE : DESKTOP),
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const watched: Watched = { page, errors: [], hosts: new Set() };
  page.on('pageerror', (error) => watched.errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      watched.errors.push(message.text());
  });
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol !== 'blob:') watched.hosts.add(host);
  });
  return watched;
}

export async function screenshot(page: Page, name: string): Promise<void> {
  // A longer picture than that takes the browser minutes.
  const fullPage = await page.evaluate(() => document.documentElement.scrollHeight < 16_000);
  await page.screenshot({ path: path.join(ARTEFACTS, `page-${name}.png`), fullPage });
}

/** What axe finds wrong, one line each. The page's policy forbids adding a script, so it is evaluated. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations: found } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}

interface NamedFile {
  name: string;
  type: string;
  bytes: Uint8Array;
}

/** Dispatches a drop or a paste of files on the page's body. */
export async function dispatchFiles(page: Page, kind: 'drop' | 'paste', files: NamedFile[]): Promise<void> {
  const encoded = files.map(({ name, type, bytes }) => ({ name, type, bytes: Array.from(bytes) }));
  await page.evaluate(
    ([event, list]) => {
      const data = new DataTransfer();
      for (const { name, type, bytes } of list)
        data.items.add(new File([new Uint8Array(bytes)], name, { type }));
      const init = { bubbles: true, cancelable: true };
      document.body.dispatchEvent(
        event === 'drop'
          ? new DragEvent('drop', { ...init, dataTransfer: data })
          : new ClipboardEvent('paste', { ...init, clipboardData: data }),
      );
    },
    [kind, encoded] as const,
  );
}
