// How much work each client has had lately, so that turns go round between clients and not only between requests.
// Decays by half in HALF_LIFE_MS; of many clients only the latest are remembered.

const HALF_LIFE_MS = 10_000;
const MAX_CLIENTS = 4_096;

export class ClientUsage {
  readonly #clients = new Map<string, { ms: number; at: number }>();

  /** Work of late, ms of one core. A client without a name ('') is not followed. */
  of(client: string, now: number): number {
    const entry = this.#clients.get(client);
    return entry ? entry.ms * 2 ** ((entry.at - now) / HALF_LIFE_MS) : 0;
  }

  add(client: string, ms: number, now: number): void {
    if (client === '') return;
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
