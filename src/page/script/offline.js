// The page without a connection: once the weights are kept, so are the page's own files, and a service worker gives
// them out when the server cannot be reached.

import { call } from './api.js';

const CACHE = 'alexnet-edge-page';
const KEPT = 'alexnet-edge-kept';

/** Whether an earlier visit kept the page. */
export function isKept() {
  return localStorage.getItem(KEPT) === 'yes';
}

/** What this visit loaded of this server: files and what GET told of the model, not the weights, which lie elsewhere. */
function loaded() {
  const own = performance
    .getEntriesByType('resource')
    .map(({ name }) => new URL(name))
    .filter(
      ({ origin, pathname }) =>
        origin === location.origin && !/^\/v1\/.*\/file$|^\/readyz|^\/v1\/inspect/.test(pathname),
    );
  return [...new Set([`${location.origin}/`, ...own.map(({ href }) => href)])];
}

/** Keeps the page for visits without a connection; a browser that cannot does without. */
export async function keepPage() {
  if (!('serviceWorker' in navigator)) return;
  try {
    await navigator.serviceWorker.register('/service-worker.js', { type: 'module' });
    const cache = await caches.open(CACHE);
    const keep = async (/** @type {string} */ address) => {
      const response = await call(address);
      await cache.put(address, response);
    };
    await Promise.all(loaded().map((address) => keep(address).catch(() => undefined)));
    localStorage.setItem(KEPT, 'yes');
  } catch {
    localStorage.removeItem(KEPT);
  }
}
