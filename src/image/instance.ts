// One instance of decode.wasm: writes a file into it piece by piece and takes the wanted part out of it.
// The only file of image/ that touches wasm memory. Views are made anew at each use: memory may grow.
import { ServiceError } from '../errors.ts';
import { FORMATS, type NativeFormat } from './formats.ts';
import type { Region } from './geometry.ts';
import type { ImageLimits } from './limits.ts';
import { type ImageWarning, imageWarnings } from './warnings.ts';

export interface StoredHeader {
  width: number;
  height: number;
  orientation: number;
}

interface Exports {
  memory: WebAssembly.Memory;
  open(format: number, scans: number, blocks: bigint, damaged: number): void;
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

// assembly/decode/status.ts
const HEADER = 1;
const DONE = 2;
const AGAIN = 3;

/** Kinds of JPEG that are not read; the numbers are those of status.ts. */
const KINDS: Record<number, string> = {
  [-6]: 'Lossless JPEG',
  [-7]: 'Hierarchical JPEG',
  [-8]: 'JPEG-LS',
};

function failure(
  status: number,
  warnings: ImageWarning[],
  format: string,
  limits: ImageLimits,
): ServiceError {
  const kind = KINDS[status];
  if (kind)
    return new ServiceError(
      'unsupported-image',
      `${kind} is not read here: expected baseline, extended or progressive JPEG.`,
    );
  if (status === -2 && warnings.length > 0)
    return new ServiceError(
      'damaged-image',
      `The ${format} file is damaged: ${warnings.join(', ')}. With damaged=accept it may be read.`,
    );
  if (status === -1)
    return new ServiceError('damaged-image', `The ${format} file ends before its picture does.`);
  if (status === -3)
    return new ServiceError('unsupported-image', `This variant of ${format} is not read here.`);
  if (status === -4)
    return new ServiceError(
      'too-complex',
      `Decoding this ${format} file would take more work than is allowed.`,
      {
        members: { limit: { scans: limits.scans, blocks: limits.blocks } },
      },
    );
  if (status === -5) {
    const mib = format === 'webp' ? 8 : 32;
    return new ServiceError('too-complex', `Decoding this ${format} file would take more than ${mib} MiB.`, {
      members: { limit: { memory_bytes: mib * 2 ** 20 } },
    });
  }
  return new ServiceError('damaged-image', `The ${format} file is damaged: its data is not valid.`);
}

/** Where the wanted part lies, asked once the header is known; may refuse the picture by an error. */
export type Planner = (header: StoredHeader) => Region;

export class DecoderInstance {
  #exports: Exports;
  #format = '';
  #limits: ImageLimits | undefined;
  #planner: Planner | undefined;
  #bytes = 0;
  #refuses = false;

  constructor(module: WebAssembly.Module) {
    this.#exports = new WebAssembly.Instance(module, {}).exports as unknown as Exports;
  }

  /** Bytes of wasm memory in use; it never shrinks. */
  get memoryBytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  /** Starts a new picture. `format`: what messages call it. `damaged`: see `warnings`. */
  open(
    native: NativeFormat,
    format: string,
    limits: ImageLimits,
    planner: Planner,
    damaged: 'accept' | 'refuse' = 'accept',
  ): void {
    this.#refuses = damaged === 'refuse';
    this.#format = format;
    this.#limits = limits;
    this.#planner = planner;
    const blocks = BigInt(limits.blocks);
    this.#exports.open(FORMATS[native].number, limits.scans, blocks, Number(!this.#refuses));
  }

  /**
   * Decodes as far as `chunk` allows; true when the picture is complete and no more is wanted.
   * ServiceError: the file is refused. Any other error is a trap: the instance must not be used again.
   */
  write(chunk: Uint8Array, last: boolean): boolean {
    let at = 0;
    do {
      const room = Math.min(chunk.length - at, this.#exports.room());
      const end = this.#exports.inputEnd() >>> 0;
      new Uint8Array(this.#exports.memory.buffer, end, room).set(chunk.subarray(at, at + room));
      at += room;
      if (this.#run(room, last && at === chunk.length)) return true;
    } while (at < chunk.length);
    return false;
  }

  #run(written: number, last: boolean): boolean {
    const limits = this.#limits as ImageLimits;
    let status = this.#exports.advance(written, Number(last));
    while (status === HEADER || status === AGAIN) {
      if (status === HEADER) {
        const header = this.header();
        const { width, height, left, top, columns, rows } = (this.#planner as Planner)(header);
        this.#bytes = columns * rows * 3;
        status = this.#exports.begin(width, height, left, top, columns, rows);
        if (status < 0) break;
      }
      status = this.#exports.advance(0, Number(last));
    }
    if (status < 0) throw failure(status, this.#refuses ? this.warnings() : [], this.#format, limits);
    return status === DONE;
  }

  header(): StoredHeader {
    const { width, height, orientation } = this.#exports;
    return { width: width(), height: height(), orientation: orientation() };
  }

  /** What was wrong with the file so far, though it can be read. */
  warnings(): ImageWarning[] {
    return imageWarnings(this.#exports.faults());
  }

  /** A copy of the wanted part, columns * rows * 3 bytes, as stored. */
  pixels(): Uint8Array {
    const start = this.#exports.output() >>> 0;
    return new Uint8Array(this.#exports.memory.buffer, start, this.#bytes).slice();
  }
}
