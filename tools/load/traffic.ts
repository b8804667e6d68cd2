// Two ways to send: closed loop (a number of clients, each waiting for its answer: how much can be done) and open
// loop (arrivals at a rate, whether or not earlier ones were answered: what happens when more comes). Only ever to
// this machine.
import autocannon from 'autocannon';
import { randomNumbers } from '../fixtures/random.ts';
import type { Kind, Upload } from './mix.ts';
import { Tally } from './tally.ts';

const PATH = '/v1/classify';
const TIMEOUT_S = 60;

function requireLocal({ hostname }: URL): void {
  if (hostname !== '127.0.0.1') throw new RangeError(`expected the address 127.0.0.1, found ${hostname}`);
}

/** Clients that each send one upload after the other. */
export async function closedLoop(
  url: URL,
  next: () => Upload,
  { connections, seconds }: { connections: number; seconds: number },
): Promise<Tally> {
  requireLocal(url);
  const tally = new Tally();
  const clients = autocannon({
    url: url.origin,
    connections,
    duration: seconds,
    timeout: TIMEOUT_S,
    requests: [
      {
        method: 'POST',
        path: PATH,
        setupRequest(request, context) {
          const upload = next();
          Object.assign(context, { kind: upload.kind, started: performance.now() });
          return { ...request, body: upload.body };
        },
        onResponse(result, _, context) {
          const { kind, started } = context as { kind: Kind; started: number };
          tally.add({ kind, result, latencyMs: performance.now() - started });
        },
      },
    ],
  });
  const { errors, timeouts } = await clients;
  const kind: Kind = { name: 'connection', share: 0, bodies: [], statuses: [] };
  for (let i = 0; i < errors; i++)
    tally.add({ kind, result: i < timeouts ? 'timeout' : 'error', latencyMs: Number.NaN });
  return tally;
}

/** A failure of the connection, by the name that Node gives it. */
function nameOf(error: unknown): string {
  const { cause, name } = error as { cause?: { code?: string; message?: string }; name: string };
  return cause?.code ?? cause?.message ?? name;
}

async function send(url: URL, { kind, body }: Upload, due: number, tally: Tally): Promise<void> {
  let result: number | string;
  try {
    const response = await fetch(new URL(PATH, url), {
      method: 'POST',
      body: new Uint8Array(body.buffer as ArrayBuffer, body.byteOffset, body.length),
      signal: AbortSignal.timeout(TIMEOUT_S * 1000),
    });
    await response.arrayBuffer();
    result = response.status;
  } catch (error) {
    result = nameOf(error);
  }
  tally.add({ kind, result, latencyMs: performance.now() - due });
}

/** Arrivals at random moments (exponential gaps), `rate` of them a second on average. */
export async function openLoop(
  url: URL,
  next: () => Upload,
  { rate, seconds, seed }: { rate: number; seconds: number; seed: number },
): Promise<Tally> {
  requireLocal(url);
  const tally = new Tally();
  const chance = randomNumbers(seed);
  const started = performance.now();
  const end = started + seconds * 1000;
  const sent = new Set<Promise<void>>();
  for (let due = started; ; ) {
    due += (-Math.log(1 - chance()) / rate) * 1000;
    if (due >= end) break;
    const early = due - performance.now();
    if (early > 1) await new Promise((resolve) => setTimeout(resolve, early));
    const upload = send(url, next(), due, tally);
    sent.add(upload);
    void upload.finally(() => sent.delete(upload));
  }
  await Promise.all(sent);
  return tally;
}
