// What the uploads of one phase came to: by kind, the statuses, the failures of the connection, and latencies.
import type { Kind } from './mix.ts';

export interface Outcome {
  kind: Kind;
  /** HTTP status, or the name of what went wrong with the connection. */
  result: number | string;
  /** Milliseconds from the moment when it was due to its whole answer. */
  latencyMs: number;
}

/** The p-quantile of ascending numbers, 0..1; NaN of none. */
export function quantile(sorted: readonly number[], p: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN;
}

export class Tally {
  readonly outcomes: Outcome[] = [];

  add(outcome: Outcome): void {
    this.outcomes.push(outcome);
  }

  addAll({ outcomes }: Tally): void {
    this.outcomes.push(...outcomes);
  }

  /** Answers with the status that their kind should get. */
  get answered(): Outcome[] {
    return this.outcomes.filter(({ kind, result }) => kind.statuses.includes(Number(result)));
  }

  /** Neither answered as they should be nor 429. */
  get wrong(): Outcome[] {
    return this.outcomes.filter(({ kind, result }) => ![...kind.statuses, 429].includes(Number(result)));
  }

  /** Latencies of the answered, ascending; of one kind or of all. */
  latencies(kind?: string): number[] {
    return this.answered
      .filter((outcome) => kind === undefined || outcome.kind.name === kind)
      .map(({ latencyMs }) => latencyMs)
      .sort((a, b) => a - b);
  }

  /** One row a kind, and one for all; results by number. */
  table(): Record<string, Record<string, number | string>> {
    const names = [...new Set(this.outcomes.map(({ kind }) => kind.name))].sort();
    const row = (name?: string) => {
      const of = this.outcomes.filter(({ kind }) => name === undefined || kind.name === name);
      const results: Record<string, number> = {};
      for (const { result } of of) results[String(result)] = (results[String(result)] ?? 0) + 1;
      const sorted = this.latencies(name);
      const [p50, p95, p99] = [0.5, 0.95, 0.99].map((p) => quantile(sorted, p).toFixed(0));
      const by = Object.entries(results).map(([result, count]) => `${result}: ${count}`);
      return { requests: of.length, results: by.join(', '), p50: p50 ?? '', p95: p95 ?? '', p99: p99 ?? '' };
    };
    return { ...Object.fromEntries(names.map((name) => [name, row(name)])), all: row() };
  }
}
