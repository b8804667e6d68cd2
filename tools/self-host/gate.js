// How many requests may be in the self-hosted Worker at once, whatever they do there. A request whose client has hung up
// goes on until workerd looks at its connections again, and it does so only when nothing is left to compute: under a
// storm of connections that are reset, thousands of requests, of some 12 kB each, would begin before the first one ends,
// and the Worker would reach its heap limit. So they are counted before the Worker is asked, and what is too much
// is refused at once, for little.
//
// A request whose client is gone may simply stop running, so each one beats, and counts as gone when it is silent. Until
// then it counts, which is what slows a storm down: a client gets at most CLIENT_REQUESTS of them a LOST_MS.

/** Of one client, by the address that the proxy tells; of all. */
export const CLIENT_REQUESTS = 192;
export const ALL_REQUESTS = 768;
const BEAT_MS = 250;
const LOST_MS = 1_000;
const SWEEP_MS = 100;

/** The answer of the Worker's own queues (src/http/problem.ts), without anything of the request. */
function refusal() {
  const detail = 'too many requests are in progress; try again';
  const problem = {
    type: 'urn:alexnet-edge:problem:too-many-requests',
    title: 'Too many requests',
    status: 429,
    detail,
    error: detail,
    limit: { requests: CLIENT_REQUESTS },
  };
  return new Response(JSON.stringify(problem), {
    status: 429,
    headers: { 'content-type': 'application/problem+json', 'retry-after': '1', connection: 'close' },
  });
}

export class Gate {
  /** Requests by client; `at`: when one last beat, ms. @type {Map<string, Set<{ at: number }>>} */
  #clients = new Map();
  #count = 0;
  #swept = 0;

  /**
   * Answers a request by `ask`, or refuses it.
   * @param {Request} request
   * @param {() => Promise<Response>} ask
   */
  async pass(request, ask) {
    const now = Date.now();
    if (now - this.#swept >= SWEEP_MS) this.#sweep(now);
    const client = request.headers.get('cf-connecting-ip') ?? '';
    const own = this.#clients.get(client) ?? new Set();
    if (this.#count >= ALL_REQUESTS || own.size >= CLIENT_REQUESTS) return refusal();
    const entry = { at: now };
    const timer = setInterval(() => {
      entry.at = Date.now();
    }, BEAT_MS);
    this.#clients.set(client, own.add(entry));
    this.#count++;
    try {
      return await ask();
    } finally {
      clearInterval(timer);
      if (own.delete(entry)) this.#count--;
    }
  }

  /** Forgets who is gone. */
  #sweep(now) {
    this.#swept = now;
    this.#count = 0;
    for (const [client, own] of this.#clients) {
      for (const entry of own) if (now - entry.at > LOST_MS) own.delete(entry);
      if (own.size === 0) this.#clients.delete(client);
      this.#count += own.size;
    }
  }
}
