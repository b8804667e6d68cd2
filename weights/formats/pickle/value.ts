// What a pickle is read to: plain values, and classes of the reader's own table. A memo lets a few hundred bytes stand
// for millions of values, or for one inside itself; a walk over them counts each visit (`Visits`).
import { excerpt } from '../../../src/errors.ts';
import { inWords, OperatorError } from '../../operator-error.ts';

/** Bytes, or text too long to be a name: a view of the file. `text` is UTF-8 of a string. */
export class PickledBytes {
  readonly bytes: Buffer;
  readonly text: boolean;

  constructor(bytes: Buffer, text: boolean) {
    this.bytes = bytes;
    this.text = text;
  }
}

/** A function or class of the table: called with its arguments by REDUCE and NEWOBJ. */
export type PickledGlobal = (args: PickleValue[]) => PickleValue;

/** A value that takes a state by BUILD. */
export interface Buildable {
  build(state: PickleValue): void;
}

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickledBytes
  | PickledGlobal
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | Buildable;

export type Globals = Record<string, PickledGlobal>;

/** More than any file's tensors, and deeper than any file nests them. */
const MOST_VISITS = 100_000;
const DEEPEST = 16;

/** Counts the values that a walk visits, also those that it visits again by another way. */
export class Visits {
  #count = 0;

  /** Throws OperatorError for too many visits and for a value too deep, such as one inside itself. */
  enter(name: string, depth: number): void {
    if (depth > DEEPEST)
      throw new OperatorError(`${excerpt(name)}: expected at most ${DEEPEST} levels of values, found more`);
    if (++this.#count > MOST_VISITS)
      throw new OperatorError(
        `${excerpt(name)}: expected at most ${MOST_VISITS} values, found more: the same ones again and again`,
      );
  }
}

/** A key of a dict as text. Throws OperatorError for one that is no name. */
export function keyText(key: PickleValue): string {
  if (typeof key === 'string' || typeof key === 'number') return String(key).slice(0, 256);
  throw new OperatorError(`pickle: expected names as keys of a dict, found ${inWords(key)}`);
}
