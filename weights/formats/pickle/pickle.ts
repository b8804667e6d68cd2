// A reader for the pickles that weights files hold, and for nothing else: it builds plain values and never runs
// anything. Classes and functions come from a table that the caller gives (`Globals`); a name that is not in
// it, and an opcode that such files never use, end in an OperatorError. Long strings and bytes are views of the file,
// and each opcode makes at most one value, so what is made is bounded by the file and by OPERATIONS.
import { inWords, OperatorError } from '../../operator-error.ts';
import type { Cursor } from '../cursor.ts';
import { OP } from './opcodes.ts';
import { type Buildable, type Globals, PickledBytes, type PickledGlobal, type PickleValue } from './value.ts';

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
      if (code === OP.STOP) return this.#pop();
      this.#step(code, position);
    }
    throw new OperatorError(`pickle: expected at most ${OPERATIONS} operations, found more`);
  }

  #step(code: number, position: number): void {
    const cursor = this.#cursor;
    const stack = this.#stack;
    switch (code) {
      case OP.PROTO: {
        const protocol = cursor.u8();
        if (protocol > 5) throw new OperatorError(`pickle: expected protocol 0 to 5, found ${protocol}`);
        return;
      }
      case OP.FRAME:
        cursor.take(8);
        return;
      case OP.MARK:
        stack.push(MARK);
        return;
      case OP.NONE:
        stack.push(null);
        return;
      case OP.NEWTRUE:
      case OP.NEWFALSE:
        stack.push(code === OP.NEWTRUE);
        return;
      case OP.BININT1:
        stack.push(cursor.u8());
        return;
      case OP.BININT2:
        stack.push(cursor.u16());
        return;
      case OP.BININT:
        stack.push(cursor.i32());
        return;
      case OP.LONG1:
        stack.push(longOf(cursor.take(cursor.u8())));
        return;
      case OP.BINFLOAT:
        stack.push(cursor.f64BigEndian());
        return;
      case OP.BINUNICODE:
        stack.push(this.#text(cursor.u32()));
        return;
      case OP.SHORT_BINUNICODE:
        stack.push(this.#text(cursor.u8()));
        return;
      case OP.BINUNICODE8:
        stack.push(this.#text(cursor.u64()));
        return;
      // The strings of Python 2 are bytes or text.
      case OP.BINSTRING:
      case OP.BINBYTES:
        stack.push(this.#bytes(cursor.u32(), code === OP.BINSTRING));
        return;
      case OP.SHORT_BINSTRING:
      case OP.SHORT_BINBYTES:
        stack.push(this.#bytes(cursor.u8(), code === OP.SHORT_BINSTRING));
        return;
      case OP.BINBYTES8:
        stack.push(this.#bytes(cursor.u64(), false));
        return;
      case OP.EMPTY_TUPLE:
      case OP.EMPTY_LIST:
      case OP.EMPTY_SET:
        stack.push([]);
        return;
      case OP.EMPTY_DICT:
        stack.push(new Map());
        return;
      case OP.TUPLE1:
      case OP.TUPLE2:
      case OP.TUPLE3:
        stack.push(this.#popMany(code - OP.TUPLE1 + 1));
        return;
      case OP.TUPLE:
      case OP.FROZENSET:
        stack.push(this.#popToMark());
        return;
      case OP.APPEND:
        this.#extend([this.#pop()]);
        return;
      case OP.APPENDS:
      case OP.ADDITEMS:
        this.#extend(this.#popToMark());
        return;
      case OP.SETITEM:
        this.#setItems(this.#popMany(2));
        return;
      case OP.SETITEMS:
        this.#setItems(this.#popToMark());
        return;
      case OP.BINPUT:
        this.#memo.set(cursor.u8(), this.#top());
        return;
      case OP.LONG_BINPUT:
        this.#memo.set(cursor.u32(), this.#top());
        return;
      case OP.MEMOIZE:
        this.#memo.set(this.#memo.size, this.#top());
        return;
      case OP.BINGET:
        stack.push(this.#recall(cursor.u8()));
        return;
      case OP.LONG_BINGET:
        stack.push(this.#recall(cursor.u32()));
        return;
      case OP.GLOBAL:
        stack.push(this.#global(this.#line(), this.#line()));
        return;
      case OP.STACK_GLOBAL: {
        const [module, name] = this.#popMany(2);
        if (typeof module !== 'string' || typeof name !== 'string')
          throw new OperatorError(`pickle: expected the name of a class, found ${inWords(module)}`);
        stack.push(this.#global(module, name));
        return;
      }
      case OP.REDUCE:
      case OP.NEWOBJ: {
        const [callable, args] = this.#popMany(2);
        if (typeof callable !== 'function' || !Array.isArray(args))
          throw new OperatorError(
            `pickle: expected a known class at position ${position}, found ${inWords(callable)}`,
          );
        stack.push(callable(args));
        return;
      }
      case OP.BUILD: {
        const state = this.#pop();
        const target = this.#top();
        if (target instanceof Map) return; // attributes of an OrderedDict: PyTorch's version numbers
        if (!isBuildable(target))
          throw new OperatorError(
            `pickle: expected an array to build at position ${position}, found ${inWords(target)}`,
          );
        target.build(state);
        return;
      }
      case OP.BINPERSID:
        if (this.#persistent) {
          stack.push(this.#persistent(this.#pop()));
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
    const bytes = this.#cursor.take(length);
    if (length > SHORT_TEXT) return new PickledBytes(bytes, true);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new OperatorError(`pickle: expected text at position ${position}, found other bytes`);
    }
  }

  /** Python 2 has one type for both: short ASCII is text (names), all else bytes. */
  #bytes(length: number, maybeText: boolean): PickleValue {
    const bytes = this.#cursor.take(length);
    if (maybeText && length <= 64) {
      const text = bytes.toString('latin1');
      if (/^[\x20-\x7e]*$/.test(text)) return text;
    }
    return new PickledBytes(bytes, false);
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
      throw new OperatorError(
        `pickle: expected a class of a weights file, found ${inWords(full)}; for a whole PyTorch module or ` +
          'other objects: torch.save(model.state_dict(), "weights.pth") where its classes are',
      );
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
