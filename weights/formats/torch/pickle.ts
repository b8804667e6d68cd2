// A reader for the pickles that weights files hold, and for nothing else: it builds plain values and never runs
// anything. Classes and functions come from a table that the caller gives (`Globals`); a name that is not in
// it, and an opcode that such files never use, end in an OperatorError. Long strings and bytes stay in
// the file. Source: CPython's Lib/pickletools.py (protocols 0..5).
import { OperatorError } from '../../operator-error.ts';
import { Cursor, type SourceFile } from '../source-file.ts';

/** Bytes, or text too long to hold: where they lie. `text` is UTF-8 of a string. */
export class PickledBytes {
  readonly position: number;
  readonly length: number;
  readonly text: boolean;

  constructor(position: number, length: number, text: boolean) {
    this.position = position;
    this.length = length;
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

/** Published files need some hundred operations; this bounds the memory of a hostile one. */
const OPERATIONS = 200_000;
const SHORT_TEXT = 1 << 16;
const MARK = Symbol('mark');

/** Reads one pickle at the cursor, which is left behind its STOP. */
export function readPickle(
  cursor: Cursor,
  globals: Globals,
  persistent?: (id: PickleValue) => PickleValue,
): PickleValue {
  return new Machine(cursor, globals, persistent).run();
}

class Machine {
  readonly #cursor: Cursor;
  readonly #globals: Globals;
  readonly #persistent: ((id: PickleValue) => PickleValue) | undefined;
  readonly #stack: (PickleValue | typeof MARK)[] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(cursor: Cursor, globals: Globals, persistent?: (id: PickleValue) => PickleValue) {
    this.#cursor = cursor;
    this.#globals = globals;
    this.#persistent = persistent;
  }

  run(): PickleValue {
    for (let operation = 0; operation < OPERATIONS; operation++) {
      const position = this.#cursor.position;
      const code = this.#cursor.u8();
      if (code === 0x2e) return this.#pop();
      this.#step(code, position);
    }
    throw new OperatorError(`pickle: expected at most ${OPERATIONS} operations, found more`);
  }

  #step(code: number, position: number): void {
    const cursor = this.#cursor;
    const push = (value: PickleValue | typeof MARK) => this.#stack.push(value);
    switch (code) {
      case 0x80: {
        const protocol = cursor.u8();
        if (protocol > 5) throw new OperatorError(`pickle: expected protocol 0 to 5, found ${protocol}`);
        return;
      }
      case 0x95: // FRAME
        cursor.skip(8);
        return;
      case 0x28:
        push(MARK);
        return;
      case 0x4e:
        push(null);
        return;
      case 0x88:
      case 0x89:
        push(code === 0x88);
        return;
      case 0x4b:
        push(cursor.u8());
        return;
      case 0x4d:
        push(cursor.u16());
        return;
      case 0x4a:
        push(cursor.u32() | 0);
        return;
      case 0x8a: // LONG1
        push(longOf(cursor.bytes(cursor.u8())));
        return;
      case 0x47: // BINFLOAT, big-endian
        push(new DataView(cursor.bytes(8).buffer).getFloat64(0));
        return;
      case 0x58: // BINUNICODE
        push(this.#text(cursor.u32()));
        return;
      case 0x8c: // SHORT_BINUNICODE
        push(this.#text(cursor.u8()));
        return;
      case 0x8d: // BINUNICODE8
        push(this.#text(cursor.u64()));
        return;
      case 0x54: // BINSTRING, Python 2: bytes or text
      case 0x42: // BINBYTES
        push(this.#bytes(cursor.u32(), code === 0x54));
        return;
      case 0x55: // SHORT_BINSTRING
      case 0x43: // SHORT_BINBYTES
        push(this.#bytes(cursor.u8(), code === 0x55));
        return;
      case 0x8e: // BINBYTES8
        push(this.#bytes(cursor.u64(), false));
        return;
      case 0x29:
      case 0x5d:
        push([]);
        return;
      case 0x7d:
        push(new Map());
        return;
      case 0x85:
      case 0x86:
      case 0x87:
        push(this.#popMany(code - 0x84));
        return;
      case 0x74: // TUPLE
        push(this.#popToMark());
        return;
      case 0x61: // APPEND
        this.#extend([this.#pop()]);
        return;
      case 0x65: // APPENDS
        this.#extend(this.#popToMark());
        return;
      case 0x73: // SETITEM
        this.#setItems(this.#popMany(2));
        return;
      case 0x75: // SETITEMS
        this.#setItems(this.#popToMark());
        return;
      case 0x71: // BINPUT
        this.#memo.set(cursor.u8(), this.#top());
        return;
      case 0x72: // LONG_BINPUT
        this.#memo.set(cursor.u32(), this.#top());
        return;
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top());
        return;
      case 0x68: // BINGET
      case 0x6a: // LONG_BINGET
        push(this.#recall(code === 0x68 ? cursor.u8() : cursor.u32()));
        return;
      case 0x63: // GLOBAL
        push(this.#global(this.#line(), this.#line()));
        return;
      case 0x93: {
        const [module, name] = this.#popMany(2);
        push(this.#global(String(module), String(name)));
        return;
      }
      case 0x52: // REDUCE
      case 0x81: {
        const [callable, args] = this.#popMany(2);
        if (typeof callable !== 'function' || !Array.isArray(args))
          throw new OperatorError(
            `pickle: expected a known class at position ${position}, found another value`,
          );
        push(callable(args));
        return;
      }
      case 0x62: {
        const state = this.#pop();
        const target = this.#top();
        if (target instanceof Map) return; // attributes of an OrderedDict: PyTorch's version numbers
        if (!isBuildable(target))
          throw new OperatorError(
            `pickle: expected an array to build at position ${position}, found another value`,
          );
        target.build(state);
        return;
      }
      case 0x51: // BINPERSID
        if (this.#persistent) {
          push(this.#persistent(this.#pop()));
          return;
        }
        break;
    }
    throw new OperatorError(
      `pickle: expected an opcode of a weights file at position ${position}, found 0x${code.toString(16).padStart(2, '0')}`,
    );
  }

  #text(length: number): PickleValue {
    const position = this.#cursor.position;
    if (length > SHORT_TEXT) return new PickledBytes(this.#cursor.skip(length), length, true);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.#cursor.bytes(length));
    } catch (error) {
      if (error instanceof OperatorError) throw error;
      throw new OperatorError(`pickle: expected text at position ${position}, found other bytes`);
    }
  }

  /** Python 2 has one type for both: short ASCII is text (names), all else bytes. */
  #bytes(length: number, maybeText: boolean): PickleValue {
    const position = this.#cursor.skip(length);
    if (maybeText && length <= 64) {
      const text = new TextDecoder('latin1').decode(this.#cursor.source.read(position, length, 'pickle'));
      if (/^[\x20-\x7e]*$/.test(text)) return text;
    }
    return new PickledBytes(position, length, false);
  }

  #line(): string {
    let text = '';
    for (let byte = this.#cursor.u8(); byte !== 0x0a; byte = this.#cursor.u8()) {
      text += String.fromCharCode(byte);
      if (text.length > 256)
        throw new OperatorError('pickle: expected a short name, found over 256 characters');
    }
    return text;
  }

  #global(module: string, name: string): PickledGlobal {
    const full = `${module}.${name}`;
    const found = Object.hasOwn(this.#globals, full) ? this.#globals[full] : undefined;
    if (!found)
      throw new OperatorError(`pickle: expected a class of a weights file, found ${JSON.stringify(full)}`);
    return found;
  }

  #extend(values: PickleValue[]): void {
    const list = this.#top();
    if (!Array.isArray(list))
      throw new OperatorError('pickle: expected a list to append to, found another value');
    for (const value of values) list.push(value);
  }

  #setItems(pairs: PickleValue[]): void {
    const map = this.#top();
    if (!(map instanceof Map) || pairs.length % 2 !== 0)
      throw new OperatorError('pickle: expected a dict to fill, found another value');
    for (let i = 0; i < pairs.length; i += 2) map.set(pairs[i] ?? null, pairs[i + 1] ?? null);
  }

  #recall(index: number): PickleValue {
    const value = this.#memo.get(index);
    if (value === undefined) throw new OperatorError(`pickle: expected memo ${index}, found none`);
    return value;
  }

  #top(): PickleValue {
    const value = this.#pop();
    this.#stack.push(value);
    return value;
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined || typeof value === 'symbol')
      throw new OperatorError('pickle: expected a value on the stack, found none');
    return value;
  }

  #popMany(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  #popToMark(): PickleValue[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw new OperatorError('pickle: expected a mark on the stack, found none');
    return this.#stack.splice(mark).slice(1) as PickleValue[];
  }
}

function isBuildable(value: PickleValue | undefined): value is Buildable {
  return typeof value === 'object' && value !== null && 'build' in value;
}

function longOf(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte);
  if (bytes.length > 0 && (bytes.at(-1) as number) >= 0x80) value -= 1n << BigInt(8 * bytes.length);
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;
}

/** A pickle that begins at `position`. */
export function pickleAt(source: SourceFile, position: number): Cursor {
  return new Cursor(source, position, source.size, 'pickle');
}
