// What the attackers got.
import type { Answer } from './answers.ts';

export class AttackTally {
  rounds = 0;
  readonly statuses = new Map<number, number>();
  /** Failures of connections, by the name that Node gives them. */
  readonly broken = new Map<string, number>();
  largestAnswer = 0;
  /** In order. */
  readonly order: number[] = [];

  started(): void {
    this.rounds++;
  }

  answered({ status, bytes }: Answer): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    this.largestAnswer = Math.max(this.largestAnswer, bytes);
    if (this.order.length < 100) this.order.push(status);
  }

  broke(code: string): void {
    this.broken.set(code, (this.broken.get(code) ?? 0) + 1);
  }

  /** `200:12 429:3 ECONNRESET:1`. */
  text(): string {
    return [...this.statuses, ...this.broken].map(([name, count]) => `${name}:${count}`).join(' ');
  }
}
