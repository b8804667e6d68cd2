// The options of `classify`, checked as the routes check theirs, without their schemas: this is part of what a browser
// loads.
import { excerpt, ServiceError } from '../errors.ts';
import type { ClassifyOptions } from './answers.ts';

/** The options with their defaults, heads and inclusions as lists. */
export interface Parameters {
  top_k: number;
  min_score: number;
  crops: 1 | 10;
  exif: 'apply' | 'ignore';
  include: readonly ('logits' | 'embedding')[];
  head: readonly string[];
  reject: number;
}

type Check = readonly [expected: string, fits: (value: unknown) => boolean];

const between = (least: number, most: number) => (value: unknown) =>
  typeof value === 'number' && value >= least && value <= most;
const isList = (value: unknown, fits: (entry: unknown) => boolean) =>
  Array.isArray(value) && value.every(fits);

const CHECKS: Record<keyof Parameters, Check> = {
  top_k: ['a whole number from 0 to 1000', (value) => Number.isInteger(value) && between(0, 1_000)(value)],
  min_score: ['a number from 0 to 1', between(0, 1)],
  crops: ['1 or 10', (value) => value === 1 || value === 10],
  exif: ['apply or ignore', (value) => value === 'apply' || value === 'ignore'],
  include: [
    'a list of logits, embedding',
    (value) => isList(value, (entry) => entry === 'logits' || entry === 'embedding'),
  ],
  head: [
    'a name, or a list of at most 8',
    (value) => isList(value, (entry) => typeof entry === 'string') && (value as unknown[]).length <= 8,
  ],
  reject: ['a number from 0.02 to 0.5', between(0.02, 0.5)],
};

/** Throws ServiceError bad-parameter, which names the option. */
export function parametersOf(options: ClassifyOptions): Parameters {
  const { head = [] } = options;
  const parameters = {
    top_k: options.top_k ?? 5,
    min_score: options.min_score ?? 0,
    crops: options.crops ?? 1,
    exif: options.exif ?? 'apply',
    include: options.include ?? [],
    head: typeof head === 'string' ? [head] : head,
    reject: options.reject ?? 0.05,
  };
  for (const [name, value] of Object.entries({ ...options, ...parameters })) {
    const check = (CHECKS as Record<string, Check>)[name];
    const [expected, fits] = check ?? [`one of ${Object.keys(CHECKS).join(', ')}`, () => false];
    if (!fits(value))
      throw new ServiceError(
        'bad-parameter',
        check
          ? `${name}: expected ${expected}, got ${excerpt(String(value))}`
          : `${excerpt(name)}: expected ${expected}`,
        { members: { parameter: excerpt(name) } },
      );
  }
  return parameters;
}
