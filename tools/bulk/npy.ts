// Vectors as NumPy's .npy (format version 1.0, its NEP 1): f32 [photos][values], written row by row. The header has a
// fixed length, so that the number of rows can be set at the end.
import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { OperatorError } from '../../weights/operator-error.ts';

const HEADER_BYTES = 128;

export class NpyRows {
  readonly #fd: number;
  readonly #values: number;
  #rows: number;

  private constructor(fd: number, values: number, rows: number) {
    this.#fd = fd;
    this.#values = values;
    this.#rows = rows;
  }

  /** Opens a file to go on behind so many rows. Throws OperatorError when it has fewer. */
  static open(file: string, values: number, rows: number): NpyRows {
    const fd = openSync(file, existsSync(file) && rows > 0 ? 'r+' : 'w');
    const found = Math.floor(Math.max(fstatSync(fd).size - HEADER_BYTES, 0) / (4 * values));
    if (found < rows) {
      closeSync(fd);
      throw new OperatorError(
        `${file}: expected ${rows} rows of ${values} values, found ${found}; begin anew: --again`,
      );
    }
    ftruncateSync(fd, HEADER_BYTES + rows * values * 4);
    const npy = new NpyRows(fd, values, rows);
    npy.#writeHeader();
    return npy;
  }

  write(row: Float32Array): void {
    if (row.length !== this.#values)
      throw new RangeError(`expected ${this.#values} values, got ${row.length}`);
    const bytes = new Uint8Array(row.buffer, row.byteOffset, row.byteLength);
    writeSync(this.#fd, bytes, 0, bytes.length, HEADER_BYTES + this.#rows * this.#values * 4);
    this.#rows++;
  }

  close(): void {
    this.#writeHeader();
    closeSync(this.#fd);
  }

  #writeHeader(): void {
    const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${this.#rows}, ${this.#values}), }`;
    const header = Buffer.alloc(HEADER_BYTES, ' ');
    header.write('\x93NUMPY\x01\x00', 0, 'latin1');
    header.writeUInt16LE(HEADER_BYTES - 10, 8);
    header.write(text, 10, 'latin1');
    header.write('\n', HEADER_BYTES - 1, 'latin1');
    writeSync(this.#fd, header, 0, HEADER_BYTES, 0);
  }
}
