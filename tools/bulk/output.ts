// The file of results, a line or row a photo, in the photos' order; it is also the memory of a run: whoever begins
// again reads it, cuts off what was not written whole, and goes on behind it.
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import * as v from 'valibot';
import type { Classified } from '../../src/classify/classifier.ts';
import { type ResultOptions, resultMembers } from '../../src/classify/result.ts';
import type { ServiceError } from '../../src/errors.ts';
import { problemLine, resultLine } from '../../src/jobs/line.ts';
import type { ModelInfo } from '../../src/network/model-info.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { csvRow, parseCsv } from './csv.ts';

export type Format = 'ndjson' | 'csv';

/** Classes of a row of CSV where no number is asked for. */
const MAX_COLUMNS = 1_000;
const FIXED = ['key', 'problem', 'model', 'width', 'height', 'known', 'none_of_these'];

export function csvHeader(topK: number): string {
  const ranks = Array.from({ length: Math.min(topK, MAX_COLUMNS) }, (_, i) => [
    `label_${i + 1}`,
    `score_${i + 1}`,
  ]);
  return csvRow([...FIXED, ...ranks.flat()]);
}

export function resultText(
  format: Format,
  key: string,
  classified: Classified,
  model: ModelInfo,
  options: ResultOptions,
): string {
  if (format === 'ndjson') return `${resultLine({ key }, classified, model, options)}\n`;
  const { image, predictions, known, none_of_these } = resultMembers(classified, model, options);
  const ranks = predictions.flatMap(({ label, score }) => [label, score]);
  return csvRow([key, '', model.name, image.width, image.height, known, none_of_these, ...ranks]);
}

export function problemText(format: Format, key: string, error: ServiceError): string {
  if (format === 'ndjson') return `${problemLine({ key }, error)}\n`;
  return csvRow([key, `${error.code}: ${error.message}`]);
}

const Line = v.object({
  key: v.string(),
  problem: v.optional(v.object({ detail: v.string() })),
  model: v.optional(v.object({ name: v.string() })),
});

interface Done {
  key: string;
  problem?: string | undefined;
  model?: string | undefined;
}

function parseLines(text: string): { done: Done[]; end: number } {
  const end = text.lastIndexOf('\n') + 1;
  const done = text
    .slice(0, end)
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Done => {
      const { key, problem, model } = v.parse(Line, JSON.parse(line));
      return { key, problem: problem?.detail, model: model?.name };
    });
  return { done, end };
}

function parseRows(text: string, header: string): { done: Done[]; end: number } {
  const { rows, end } = parseCsv(text);
  const [first, ...others] = rows;
  const expected = parseCsv(header).rows[0] ?? [];
  if (first && first.join() !== expected.join())
    throw new Error(
      `expected the columns ${expected.join().slice(0, 60)}..., found ${first.join().slice(0, 60)}`,
    );
  return {
    done: others.map(([key = '', problem = '', model = '']) => ({
      key,
      problem: problem === '' ? undefined : problem,
      model: model === '' ? undefined : model,
    })),
    end,
  };
}

export class Output {
  /** Keys that have a line. */
  readonly done = new Set<string>();
  /** Why photos failed, by key. */
  readonly failed = new Map<string, string>();
  readonly #fd: number;
  /** Where the next text goes, bytes. */
  #at = 0;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** How many photos have a result. */
  get results(): number {
    return this.done.size - this.failed.size;
  }

  /**
   * Opens a file of results, a new one or one to go on with.
   * @param header of CSV; '' = none @param model its name @param again begin anew
   * Throws OperatorError when the file holds something else, or the results of another model.
   */
  static open(file: string, format: Format, header: string, model: string, again: boolean): Output {
    const text = existsSync(file) && !again ? readFileSync(file, 'utf8') : '';
    const fd = openSync(file, again || text === '' ? 'w' : 'r+');
    const output = new Output(fd);
    try {
      const { done, end } = format === 'ndjson' ? parseLines(text) : parseRows(text, header);
      const other = done.find((entry) => entry.model !== undefined && entry.model !== model);
      if (other) throw new Error(`expected results of ${model}, found ${other.model}`);
      for (const { key, problem } of done) {
        output.done.add(key);
        if (problem !== undefined) output.failed.set(key, problem);
      }
      const bytes = Buffer.byteLength(text.slice(0, end));
      ftruncateSync(fd, bytes);
      output.#at = bytes === 0 ? writeSync(fd, header, 0) : bytes;
    } catch (error) {
      closeSync(fd);
      throw new OperatorError(
        `${file}: ${error instanceof Error ? error.message : error}; choose another --out, or begin anew: --again`,
      );
    }
    return output;
  }

  write(key: string, text: string, problem?: string): void {
    this.#at += writeSync(this.#fd, text, this.#at);
    this.done.add(key);
    if (problem !== undefined) this.failed.set(key, problem);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
