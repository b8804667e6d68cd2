// The error of everything that an operator runs (import, pack, deploy, start): one line with the file, tensor or
// setting, what was expected and what was found, and the command that mends it where there is one. The command lines
// print it without a stack trace; every other error is a mistake of this project and keeps its own.
import { excerpt, quotedExcerpt } from '../src/errors.ts';

export class OperatorError extends Error {
  override name = 'OperatorError';
}

/** A value of a file in a few words, for "found ...": never long, never more than one line, of any depth. */
export function inWords(value: unknown): string {
  if (typeof value === 'string') return quotedExcerpt(value);
  if (value === undefined) return 'none';
  if (value instanceof Map) return `a dict of ${value.size} entries`;
  if (Array.isArray(value))
    return value.length <= 8 && value.every((each) => typeof each === 'number')
      ? `[${value.join(', ')}]`
      : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a class' : excerpt(String(value));
}
