// A weights file on disk, read by position: nothing is ever loaded whole, and every length that the file
// declares is compared with its size before memory is taken for it. All numbers are little-endian.
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { OperatorError } from '../operator-error.ts';

const CHUNK_BYTES = 1 << 20;
const CURSOR_BYTES = 1 << 16;

export class SourceFile {
  readonly path: string;
  readonly name: string;
  readonly size: number;
  readonly #descriptor: number;

  private constructor(path: string, descriptor: number, size: number) {
    this.path = path;
    this.name = basename(path);
    this.#descriptor = descriptor;
    this.size = size;
  }

  /** Opens a regular file of at least one byte. Throws OperatorError. */
  static open(path: string): SourceFile {
    let descriptor: number;
    try {
      descriptor = openSync(path, 'r');
    } catch (error) {
      throw new OperatorError(
        `${path}: expected a readable file, found ${(error as NodeJS.ErrnoException).code}`,
      );
    }
    const stat = fstatSync(descriptor);
    if (stat.isFile() && stat.size > 0) return new SourceFile(path, descriptor, stat.size);
    closeSync(descriptor);
    throw new OperatorError(
      `${path}: expected a weights file, found ${stat.isFile() ? 'an empty file' : 'no file'}`,
    );
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** `length` bytes from `position` on; `what` names the field in the error when the file is shorter. */
  read(position: number, length: number, what: string): Uint8Array<ArrayBuffer> {
    this.require(position, length, what);
    const bytes = new Uint8Array(length);
    this.readInto(bytes, position, what);
    return bytes;
  }

  /** Fills `target` from `position` on. Throws OperatorError when the file is shorter. */
  readInto(target: Uint8Array, position: number, what: string): void {
    this.require(position, target.length, what);
    let done = 0;
    while (done < target.length) {
      const length = Math.min(target.length - done, 64 * CHUNK_BYTES);
      const count = readSync(this.#descriptor, target, done, length, position + done);
      if (count === 0)
        throw new OperatorError(
          `${what}: expected ${target.length} bytes, found ${done}: the file has shrunk`,
        );
      done += count;
    }
  }

  /** Throws OperatorError unless `length` bytes from `position` on lie inside the file. */
  require(position: number, length: number, what: string): void {
    if (!(length >= 0 && position >= 0 && position + length <= this.size))
      throw new OperatorError(
        `${what}: expected ${length} bytes at position ${position}, found a file of ${this.size} bytes`,
      );
  }

  /** Hex digest of the whole file. */
  digest(algorithm: 'sha256' | 'sha1'): string {
    const hash = createHash(algorithm);
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, this.size));
    for (let position = 0; position < this.size; position += chunk.length) {
      const part = chunk.subarray(0, Math.min(chunk.length, this.size - position));
      this.readInto(part, position, this.name);
      hash.update(part);
    }
    return hash.digest('hex');
  }
}

/** Reads forward through a part of a file with a small buffer; `skip` costs nothing. */
export class Cursor {
  readonly source: SourceFile;
  readonly end: number;
  readonly #what: string;
  #buffer = new Uint8Array(0);
  #start: number;
  #offset = 0;

  /** From `start` to `end` (exclusive). `what` names the part in errors. */
  constructor(source: SourceFile, start: number, end: number, what: string) {
    source.require(start, end - start, what);
    this.source = source;
    this.end = end;
    this.#start = start;
    this.#what = what;
  }

  get position(): number {
    return this.#start + this.#offset;
  }

  u8(): number {
    if (this.#offset >= this.#buffer.length) this.#fill(1);
    return this.#buffer[this.#offset++] as number;
  }

  u16(): number {
    return this.u8() + this.u8() * 0x100;
  }

  u32(): number {
    return this.u16() + this.u16() * 0x10000;
  }

  /** Unsigned 64 bits; above 2^53 rounded, which no length inside a file reaches. */
  u64(): number {
    return this.u32() + this.u32() * 0x1_0000_0000;
  }

  /** A copy of the next `length` bytes. */
  bytes(length: number): Uint8Array {
    this.#require(length);
    const bytes = this.source.read(this.position, length, this.#what);
    this.#offset += length;
    return bytes;
  }

  /** Moves on by `length` bytes and gives the position of the first. */
  skip(length: number): number {
    this.#require(length);
    const position = this.position;
    this.#offset += length;
    return position;
  }

  #require(length: number): void {
    const left = this.end - this.position;
    if (!(length <= left))
      throw new OperatorError(
        `${this.#what}: expected ${length} bytes at position ${this.position}, found ${Math.max(left, 0)}`,
      );
  }

  #fill(length: number): void {
    this.#require(length);
    this.#start = this.position;
    this.#offset = 0;
    this.#buffer = this.source.read(
      this.#start,
      Math.min(CURSOR_BYTES, this.end - this.#start),
      this.#what,
    ) as Uint8Array<ArrayBuffer>;
  }
}
