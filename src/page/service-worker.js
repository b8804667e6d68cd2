// Gives out what the page kept (script/offline.js) when the server cannot be reached. A server that answers is always
// asked first, so nobody sees an old page while a new one can be had. Only GET; weights and uploads are left alone.

const CACHE = 'alexnet-edge-page';

/** @param {Request} request */
async function answerTo(request) {
  try {
    const response = await fetch(request);
    const cache = await caches.open(CACHE);
    // Only what the page chose to keep is renewed.
    if (response.ok && (await cache.match(request))) await cache.put(request, response.clone());
    return response;
  } catch (error) {
    const kept = await (await caches.open(CACHE)).match(request);
    if (kept) return kept;
    throw error;
  }
}

addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method === 'GET' && origin === location.origin && !/^\/v1\/.*\/file$/.test(pathname))
    event.respondWith(answerTo(request));
});
