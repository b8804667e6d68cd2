// Drives build/decode.wasm so that nothing is resized: a picture of any sides is read in squares at scale 1, and
// its pixels come out as they were stored. What it returns can be compared with a known picture byte by byte.
import { readFileSync } from 'node:fs';
import path from 'node:path';

export const FORMATS = { jpeg: 0, png: 1, gif: 2, bmp: 3, webp: 4 } as const;
export type Format = keyof typeof FORMATS;

const HEADER = 1;
const DONE = 2;
const AGAIN = 3;

interface Decoder {
  memory: WebAssembly.Memory;
  open(format: number, scans: number, blocks: bigint, damaged?: number): void;
  room(): number;
  inputEnd(): number;
  advance(written: number, last: number): number;
  width(): number;
  height(): number;
  orientation(): number;
  faults(): number;
  begin(width: number, height: number, left: number, top: number, columns: number, rows: number): number;
  output(): number;
}

export interface Outcome {
  /** 2 (done), 1 (over maxPixels), or a code below zero of assembly/decode/status.ts. */
  status: number;
  width: number;
  height: number;
  orientation: number;
  /** The square at (left, top): RGB u8 [size][size][3]; empty when the status is below zero. */
  rgb: Uint8Array;
  memoryBytes: number;
  /** Bits of assembly/decode/damage.ts. */
  faults: number;
}

export interface Options {
  /** Bytes of one feed. */
  chunk?: number;
  left?: number;
  top?: number;
  /** Side of the square; the shorter side of the picture unless given. */
  size?: number;
  /** Resize to this before the square is cut; unchanged unless given. */
  resized?: [number, number];
  /** Blocks that may be visited. */
  blocks?: bigint;
  /** A larger picture ends with status 1, as the host ends it: by its header. */
  maxPixels?: number;
  debug?: boolean;
  /** Light damage is passed over. */
  damaged?: boolean;
}

const modules = new Map<boolean, WebAssembly.Module>();
// Worker types know no compiling from bytes, which is how Node gets a module.
const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;

/** build/decode.wasm, compiled once. */
export function decodeModule(debug = false): WebAssembly.Module {
  const file = path.join(import.meta.dirname, `../../build/decode${debug ? '.debug' : ''}.wasm`);
  const module = modules.get(debug) ?? new Module(readFileSync(file));
  modules.set(debug, module);
  return module;
}

export function decoder(debug = false): Decoder {
  return new WebAssembly.Instance(decodeModule(debug), {}).exports as unknown as Decoder;
}

/** Decodes one square of `bytes` with `instance`. */
export function decode(instance: Decoder, format: Format, bytes: Uint8Array, options: Options = {}): Outcome {
  const chunk = options.chunk ?? 65_536;
  instance.open(FORMATS[format], 1000, options.blocks ?? 1n << 30n, Number(options.damaged ?? false));
  let at = 0;
  let status = 0;
  let size = 0;
  let last = false;
  do {
    let count = 0;
    if (status === HEADER) {
      if (instance.width() * instance.height() > (options.maxPixels ?? Number.POSITIVE_INFINITY)) break;
      const [width, height] = options.resized ?? [instance.width(), instance.height()];
      size = options.size ?? Math.min(width, height);
      status = instance.begin(width, height, options.left ?? 0, options.top ?? 0, size, size);
      if (status < 0) break;
    } else if (status === 0) {
      if (last) throw new Error('the decoder asks for more than there is');
      count = Math.min(chunk, instance.room(), bytes.length - at);
      new Uint8Array(instance.memory.buffer, instance.inputEnd(), count).set(bytes.subarray(at, at + count));
      at += count;
      last = at === bytes.length;
    }
    status = instance.advance(count, Number(last));
  } while (status === 0 || status === HEADER || status === AGAIN);
  const rgb =
    status === DONE
      ? new Uint8Array(instance.memory.buffer, instance.output(), size * size * 3).slice()
      : new Uint8Array(0);
  return {
    status,
    width: instance.width(),
    height: instance.height(),
    orientation: instance.orientation(),
    rgb,
    memoryBytes: instance.memory.buffer.byteLength,
    faults: instance.faults(),
  };
}

/** All pixels of a picture, put together from squares: RGB u8 [height][width][3]. Throws if it is refused. */
export function decodeAll(format: Format, bytes: Uint8Array, options: Options = {}): Outcome {
  const instance = decoder(options.debug);
  const first = decode(instance, format, bytes, options);
  if (first.status !== DONE) throw new Error(`status ${first.status}`);
  const { width, height } = first;
  const size = Math.min(width, height);
  const rgb = new Uint8Array(width * height * 3);
  for (let offset = 0; ; offset += size) {
    const [left, top] =
      width > height ? [Math.min(offset, width - size), 0] : [0, Math.min(offset, height - size)];
    const square = offset === 0 ? first : decode(instance, format, bytes, { ...options, left, top });
    for (let y = 0; y < size; y++)
      rgb.set(square.rgb.subarray(y * size * 3, (y + 1) * size * 3), ((top + y) * width + left) * 3);
    if (left + size === width && top + size === height) return { ...first, rgb };
  }
}
