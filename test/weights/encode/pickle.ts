// Pickles as CPython writes them, opcode by opcode: protocol 2 (Python 2: byte strings; Python 3: bytes as text
// through _codecs.encode), protocol 3 and protocol 4 (frames, memoize, stack globals).

import { concat, type Part } from '../../../tools/fixtures/encode-protobuf.ts';
import { bytesOf } from '../../../tools/fixtures/encode-safetensors.ts';

const ascii = (content: string): Part => new Uint8Array(Buffer.from(content, 'latin1'));
const u32 = (value: number): Part => new Uint8Array(Uint32Array.of(value).buffer);
const u64 = (value: number): Part => new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);

export const op = {
  none: ascii('N'),
  mark: ascii('('),
  emptyTuple: ascii(')'),
  emptyDict: ascii('}'),
  emptyList: ascii(']'),
  tuple: ascii('t'),
  appends: ascii('e'),
  setItems: ascii('u'),
  reduce: ascii('R'),
  build: ascii('b'),
  stop: ascii('.'),
  persistentId: ascii('Q'),
  false: Uint8Array.of(0x89),
  true: Uint8Array.of(0x88),
};

export type Flavour = 'python2' | 'python3-protocol2' | 'protocol3' | 'protocol4';

/** Writes the values of one flavour. */
export class PickleWriter {
  readonly flavour: Flavour;

  #memo = 0;

  constructor(flavour: Flavour) {
    this.flavour = flavour;
  }

  document(...parts: Part[]): Part {
    const protocol = { python2: 2, 'python3-protocol2': 2, protocol3: 3, protocol4: 4 }[this.flavour];
    const body = concat(...parts, op.stop);
    const frame = protocol === 4 ? concat(Uint8Array.of(0x95), u64(body.length)) : new Uint8Array(0);
    return concat(Uint8Array.of(0x80, protocol), frame, body);
  }

  int(value: number): Part {
    if (value >= 0 && value < 256) return concat(ascii('K'), Uint8Array.of(value));
    if (value >= 0 && value < 65536) return concat(ascii('M'), Uint8Array.of(value & 255, value >> 8));
    return concat(ascii('J'), u32(value));
  }

  text(content: string): Part {
    const bytes = new TextEncoder().encode(content);
    if (this.flavour === 'python2') return concat(ascii('U'), Uint8Array.of(bytes.length), bytes);
    if (this.flavour === 'protocol4')
      return concat(Uint8Array.of(0x8c, bytes.length), bytes, Uint8Array.of(0x94));
    return concat(ascii('X'), u32(bytes.length), bytes);
  }

  bytes(content: Part): Part {
    switch (this.flavour) {
      case 'python2':
        return concat(ascii('T'), u32(content.length), content);
      case 'python3-protocol2': {
        const text = new TextEncoder().encode(Buffer.from(content).toString('latin1'));
        const call = concat(ascii('X'), u32(text.length), text, this.text('latin1'));
        return concat(this.global('_codecs', 'encode'), call, Uint8Array.of(0x86), op.reduce);
      }
      case 'protocol3':
        return concat(ascii('B'), u32(content.length), content);
      default:
        return concat(Uint8Array.of(0x8e), u64(content.length), content);
    }
  }

  global(module: string, name: string): Part {
    if (this.flavour === 'protocol4') return concat(this.text(module), this.text(name), Uint8Array.of(0x93));
    return ascii(`c${module}\n${name}\n`);
  }

  tuple(...parts: Part[]): Part {
    return concat(op.mark, ...parts, op.tuple);
  }

  dict(entries: [string, Part][]): Part {
    const items = entries.flatMap(([key, value]) => [this.text(key), value]);
    return concat(op.emptyDict, this.#memoize(), op.mark, ...items, op.setItems);
  }

  list(...parts: Part[]): Part {
    return concat(op.emptyList, op.mark, ...parts, op.appends);
  }

  #memoize(): Part {
    if (this.flavour === 'protocol4') return Uint8Array.of(0x94);
    return concat(ascii('r'), u32(this.#memo++));
  }

  /** numpy.ndarray.__reduce__: reconstruct, then state (1, shape, dtype, fortran, data). */
  array(shape: number[], dtype: string, data: Part, fortran = false): Part {
    const core = this.flavour === 'protocol4' ? 'numpy._core.multiarray' : 'numpy.core.multiarray';
    const call = this.tuple(
      this.global('numpy', 'ndarray'),
      this.tuple(this.int(0)),
      this.flavour === 'python2' ? this.text('b') : this.bytes(ascii('b')),
    );
    const type = concat(
      this.global('numpy', 'dtype'),
      this.tuple(this.text(dtype), op.false, op.true),
      op.reduce,
      this.tuple(this.int(3), this.text(dtype === 'O8' ? '|' : '<'), op.none, op.none, op.none, this.int(0)),
      op.build,
    );
    const state = this.tuple(
      this.int(1),
      this.tuple(...shape.map((n) => this.int(n))),
      type,
      fortran ? op.true : op.false,
      data,
    );
    return concat(this.global(core, '_reconstruct'), call, op.reduce, state, op.build);
  }

  floats(shape: number[], values: Float32Array, fortran = false): Part {
    return this.array(shape, 'f4', this.bytes(bytesOf(values)), fortran);
  }
}
