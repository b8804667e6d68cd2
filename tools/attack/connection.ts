// Plays one script over one raw connection. A server that ends it early ends the round, which is no error: attackers
// come again.
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { AnswerCounter } from './answers.ts';
import { type Bytes, bytesOf, type Script, type Step } from './script.ts';
import type { AttackTally } from './tally.ts';

class Connection {
  readonly #socket: net.Socket;
  readonly #counter = new AnswerCounter();
  readonly #stop: AbortSignal;
  readonly #closed: Promise<void>;
  #open = true;
  #reader: NodeJS.Timeout | undefined;
  #wake: () => void = () => undefined;

  constructor(url: URL, tally: AttackTally, stop: AbortSignal) {
    this.#stop = stop;
    this.#socket = net.connect({ port: Number(url.port), host: url.hostname, allowHalfOpen: true });
    this.#socket.on('error', (error: NodeJS.ErrnoException) => tally.broke(error.code ?? error.message));
    this.#socket.on('data', (chunk: Buffer) => this.#add(chunk));
    this.#closed = new Promise((resolve) => {
      const ended = () => {
        if (!this.#open) return;
        this.#open = false;
        clearInterval(this.#reader);
        this.#counter.finish();
        for (const answer of this.#counter.answers) tally.answered(answer);
        this.#wake();
        resolve();
      };
      this.#socket.on('end', ended);
      this.#socket.on('close', ended);
    });
    stop.addEventListener('abort', () => this.#socket.resetAndDestroy(), { once: true });
  }

  get open(): boolean {
    return this.#open && !this.#stop.aborted;
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (!this.open) break;
      await this.#step(step);
    }
    this.#socket.destroy();
    await this.#closed;
  }

  #add(chunk: Buffer): void {
    this.#counter.add(chunk);
    this.#wake();
  }

  async #step(step: Step): Promise<void> {
    if ('send' in step) await this.#send(step.send);
    else if ('trickle' in step) await this.#trickle(step.trickle, step.bytes, step.everyMs);
    else if ('waitMs' in step) await this.#wait(step.waitMs);
    else if ('answers' in step) await this.#answers(step.answers);
    else if ('readBytes' in step) this.#readSlowly(step.readBytes, step.everyMs);
    else if ('hold' in step) await this.#closed;
    else if (step.end === 'half-close') this.#socket.end();
    else if (step.end === 'close') this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  /** Until the bytes are with the system, or the connection has ended. */
  async #send(bytes: Bytes): Promise<void> {
    const made = await bytesOf(bytes);
    if (!this.open) return;
    await Promise.race([this.#closed, new Promise((resolve) => this.#socket.write(made, resolve))]);
  }

  async #trickle(bytes: Bytes, size: number, everyMs: number): Promise<void> {
    const made = await bytesOf(bytes);
    for (let at = 0; at < made.length && this.open; at += size) {
      await this.#send(made.subarray(at, at + size));
      await this.#wait(everyMs);
    }
  }

  async #wait(ms: number): Promise<void> {
    const done = new AbortController();
    await Promise.race([this.#closed, sleep(ms, undefined, { signal: done.signal }).catch(() => undefined)]);
    done.abort();
  }

  async #answers(count: number): Promise<void> {
    while (this.open && this.#counter.answers.length < count)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }

  #readSlowly(size: number, everyMs: number): void {
    this.#socket.removeAllListeners('data');
    this.#socket.pause();
    if (size === 0) return;
    this.#reader = setInterval(() => {
      const chunk: Buffer | null = this.#socket.read(size) ?? this.#socket.read();
      if (chunk) this.#add(chunk);
    }, everyMs);
  }
}

const GAP_MS = 100;

/** Plays the script again and again until stopped. */
export async function attackFrom(
  url: URL,
  { steps, draw, gapMs = GAP_MS }: Script,
  tally: AttackTally,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    tally.started();
    await new Connection(url, tally, stop).play(draw ? draw() : steps);
    if (gapMs > 0) await sleep(gapMs, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** Plays the script once. */
export function playOnce(url: URL, { steps }: Script, tally: AttackTally, stop: AbortSignal): Promise<void> {
  tally.started();
  return new Connection(url, tally, stop).play(steps);
}
