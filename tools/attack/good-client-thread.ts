// The thread of good-client.ts.
import http from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import { GOOD, type GoodAnswer, type GoodOptions } from './good-client.ts';

const { url, photo, everyMs, timeoutMs }: GoodOptions = workerData;
const answers: GoodAnswer[] = [];
const open = new Set<Promise<void>>();

/** Status of the answer, once it is here whole. */
function post(): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.request(`${url}v1/classify`, {
      method: 'POST',
      agent: false,
      headers: { 'content-length': photo.byteLength, 'cf-connecting-ip': GOOD },
      signal: AbortSignal.timeout(timeoutMs),
    });
    request.on('error', reject);
    request.on('response', (response) => {
      response.on('error', reject);
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.resume();
    });
    request.end(photo);
  });
}

async function ask(): Promise<void> {
  const started = performance.now();
  const result = await post().catch((error: NodeJS.ErrnoException) =>
    error.name === 'AbortError' ? 'no answer' : (error.code ?? error.message),
  );
  answers.push({ result, latencyMs: performance.now() - started });
}

function beat(): void {
  const asked = ask();
  open.add(asked);
  void asked.finally(() => open.delete(asked));
}

beat();
const timer = setInterval(beat, everyMs);
parentPort?.once('message', async () => {
  clearInterval(timer);
  await Promise.all(open);
  parentPort?.postMessage(answers);
});
