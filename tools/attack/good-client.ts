// The good client: a small photo at each beat, over a connection of its own, however long earlier ones take. It runs in
// a thread of its own, so that the attackers' work in this process does not count as the service's delay.
import path from 'node:path';
import { Worker } from 'node:worker_threads';

/** The address that a proxy would tell of it. */
export const GOOD = '192.0.2.1';

export interface GoodAnswer {
  /** HTTP status, or the name of what went wrong with the connection. */
  result: number | string;
  /** From the beat to the last byte of the answer; up to TIMEOUT_MS. */
  latencyMs: number;
}

export interface GoodOptions {
  url: string;
  photo: Uint8Array;
  everyMs: number;
  /** An answer that takes longer is given up. */
  timeoutMs: number;
}

export interface GoodClient {
  /** Sends no more, waits for what is on its way. */
  stop(): Promise<GoodAnswer[]>;
}

export function startGoodClient(options: GoodOptions): GoodClient {
  const thread = new Worker(path.join(import.meta.dirname, 'good-client-thread.ts'), { workerData: options });
  const answers = new Promise<GoodAnswer[]>((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
  });
  return {
    async stop() {
      thread.postMessage('stop');
      const all = await answers;
      await thread.terminate();
      return all;
    },
  };
}
