// JSON in pieces: an answer is written while it is read, so that only what it is made of is in memory. Vectors stay as
// they are (Float32Array, written as numbers), and what is costly to make is made when its turn comes (Later). How long
// the text may become is known before it is written.

/** A value that is made when it is written. */
export class Later<T> {
  /** Length of its JSON at most. */
  readonly bytes: number;
  readonly make: () => T;

  constructor(bytes: number, make: () => T) {
    this.bytes = bytes;
    this.make = make;
  }
}

/** What a reader of the JSON gets. */
export type Written<T> =
  T extends Later<infer U>
    ? Written<U>
    : T extends Float32Array
      ? number[]
      : T extends readonly (infer U)[]
        ? Written<U>[]
        : T extends object
          ? { [K in keyof T]: Written<T[K]> }
          : T;

/** Of one number and its comma: sign, `0.00000` and 17 digits. */
const NUMBER_BYTES = 26;
/** Of one character: \u0000. */
const ESCAPE_BYTES = 6;
/** Numbers that are written at a time. */
const RUN = 512;
const PIECE_CHARACTERS = 16 << 10;

function textBytes(text: string): number {
  return 2 + text.length * (/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(text) ? 1 : ESCAPE_BYTES);
}

/** Length of a value's JSON at most, bytes of UTF-8. */
export function jsonBytes(value: unknown): number {
  if (value instanceof Later) return value.bytes;
  if (value instanceof Float32Array) return 2 + value.length * NUMBER_BYTES;
  if (typeof value === 'string') return textBytes(value);
  if (typeof value !== 'object' || value === null) return NUMBER_BYTES;
  let bytes = 2;
  if (Array.isArray(value)) for (const entry of value) bytes += jsonBytes(entry) + 1;
  else for (const [name, entry] of Object.entries(value)) bytes += textBytes(name) + jsonBytes(entry) + 2;
  return bytes;
}

function* numbers(values: Float32Array): Generator<string> {
  yield '[';
  for (let at = 0; at < values.length; at += RUN) {
    const run = JSON.stringify(Array.from(values.subarray(at, at + RUN)));
    yield (at === 0 ? '' : ',') + run.slice(1, -1);
  }
  yield ']';
}

function* fragments(value: unknown): Generator<string> {
  if (value instanceof Later) yield* fragments(value.make());
  else if (value instanceof Float32Array) yield* numbers(value);
  else if (Array.isArray(value)) {
    yield '[';
    for (const [i, entry] of value.entries()) {
      if (i > 0) yield ',';
      yield* fragments(entry);
    }
    yield ']';
  } else if (typeof value === 'object' && value !== null) {
    let before = '{';
    for (const [name, entry] of Object.entries(value)) {
      if (entry === undefined) continue;
      yield `${before}${JSON.stringify(name)}:`;
      yield* fragments(entry);
      before = ',';
    }
    yield before === '{' ? '{}' : '}';
  } else yield JSON.stringify(value) ?? 'null';
}

/** The JSON of a value, some kilobytes at a time: as JSON.stringify has it, with vectors as arrays. */
export function* jsonPieces(value: unknown): Generator<string> {
  let piece = '';
  for (const fragment of fragments(value)) {
    piece += fragment;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}
