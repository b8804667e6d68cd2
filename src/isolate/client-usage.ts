// How much each client has had lately: work of the core, and its share of places and memory for as long as it held
// them (a client that holds all of it for a second has had a second). So turns go round between clients and not only
// between requests, and whoever occupies without working is no lighter than whoever works. Clients without a name ('')
// are one client. Decays by half in HALF_LIFE_MS; of many clients only the latest are remembered.

const HALF_LIFE_MS = 10_000;
const MAX_CLIENTS = 4_096;

export class ClientUsage {
  readonly #clients = new Map<string, { ms: number; at: number }>();

  /** Service of late, ms. */
  of(client: string, now: number): number {
    const entry = this.#clients.get(client);
    return entry ? entry.ms * 2 ** ((entry.at - now) / HALF_LIFE_MS) : 0;
  }

  add(client: string, ms: number, now: number): void {
    const sum = this.of(client, now) + ms;
    // The map keeps the order of insertion: the first one is the one that worked longest ago.
    this.#clients.delete(client);
    this.#clients.set(client, { ms: sum, at: now });
    for (const oldest of this.#clients.keys()) {
      if (this.#clients.size <= MAX_CLIENTS) break;
      this.#clients.delete(oldest);
    }
  }
}
