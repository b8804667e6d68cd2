// What an attack is, as data: one or more scripts that connections play over a raw socket, and how many connections.
import type { ChildProcess } from 'node:child_process';

/** Bytes of a request, or how to make them: large ones are made when they are first needed, once. */
export type Bytes = string | Uint8Array | (() => Uint8Array | Promise<Uint8Array>);

export type Step =
  | { send: Bytes }
  /** So many bytes at a time. */
  | { trickle: Bytes; bytes: number; everyMs: number }
  | { waitMs: number }
  /** Waits for so many whole answers, or for the end of the connection. */
  | { answers: number }
  /** Reads so many bytes at a time; 0 = never again. */
  | { readBytes: number; everyMs: number }
  /** Stays until the server ends the connection or the attack is over. */
  | { hold: true }
  | { end: 'half-close' | 'close' | 'reset' };

/** Played from its beginning again and again until the attack is over. */
export interface Script {
  steps: Step[];
  /** In place of `steps`: those of the next round. */
  draw?: () => Step[];
  /** Pause between two rounds. */
  gapMs?: number;
}

export interface Attack {
  name: string;
  /** Connection i plays script i modulo their number. */
  scripts: Script[];
  /**
   * Numbers of connections to try. 1 is one round alone, without a good client beside it: what a single request
   * costs and answers.
   */
  connections: number[];
  /** Statuses that a single round may be answered with, in order of its answers; undefined = any. */
  statuses?: number[];
  /** Connection i starts i times so much later. */
  staggerMs?: number;
  /** Its answers are the model's file, which no limit of answers bounds. */
  download?: true;
  /** Part of the short form that `npm test` runs. */
  short?: true;
  /** A program that attacks in place of scripts; it is ended when the attack is over. */
  outsider?: (url: URL, connections: number) => ChildProcess;
}

/** The address that a proxy would tell of the attackers; the good client has another. */
export const ATTACKER = '198.51.100.7';

export interface Head {
  method?: string;
  /** Content-Length; left out when undefined. */
  length?: number;
  /** Further lines, without line ends. */
  lines?: string[];
  version?: string;
  /** The address that a proxy would tell. */
  from?: string;
}

/** The head of a request. */
export function head(
  path: string,
  { method = 'POST', length, lines = [], version = '1.1', from = ATTACKER }: Head,
): string {
  const all = [
    `${method} ${path} HTTP/${version}`,
    'Host: x',
    `CF-Connecting-IP: ${from}`,
    ...(length === undefined ? [] : [`Content-Length: ${length}`]),
    ...lines,
  ];
  return `${all.join('\r\n')}\r\n\r\n`;
}

const made = new Map<() => Uint8Array | Promise<Uint8Array>, Promise<Uint8Array>>();

/** The bytes; made once. */
export async function bytesOf(bytes: Bytes): Promise<Uint8Array> {
  if (typeof bytes === 'string') return Buffer.from(bytes, 'latin1');
  if (typeof bytes !== 'function') return bytes;
  const known = made.get(bytes) ?? Promise.resolve(bytes());
  made.set(bytes, known);
  return known;
}

/** A whole request with its length told; `make` gives the body. */
export function request(
  path: string,
  make: Bytes,
  lines: string[] = [],
  from = ATTACKER,
): () => Promise<Uint8Array> {
  return async () => {
    const body = await bytesOf(make);
    return Buffer.concat([Buffer.from(head(path, { length: body.byteLength, lines, from })), body]);
  };
}

/** Sends a whole request, waits for its answer, and does it again over a new connection. */
export function asking(path: string, make: Bytes, lines: string[] = []): Script {
  return { steps: [{ send: request(path, make, lines) }, { answers: 1 }], gapMs: 0 };
}
