// Bytes that Python 3 wrote into a protocol-2 pickle as text: each byte a character U+0000..U+00FF, in UTF-8.
// One pass notes where every 65,536th byte begins, so that any part can be read without the rest.
// Files of PaddlePaddle 2.0 have this form.
import { OperatorError } from '../operator-error.ts';
import type { SourceFile } from './source-file.ts';
import type { PickledBytes } from './torch/pickle.ts';

const INTERVAL = 1 << 16;

export class Latin1Text {
  readonly #source: SourceFile;
  readonly #end: number;
  readonly #marks: number[] = [];
  /** Number of bytes that the text stands for. */
  readonly length: number;

  constructor(source: SourceFile, { position, length }: PickledBytes) {
    this.#source = source;
    this.#end = position + length;
    let count = 0;
    for (let at = position; at < this.#end; at += INTERVAL) {
      const block = source.read(at, Math.min(INTERVAL, this.#end - at), 'pickle');
      for (let i = 0; i < block.length; i++) {
        if (((block[i] as number) & 0xc0) === 0x80) continue;
        if (count % INTERVAL === 0) this.#marks.push(at + i);
        count++;
      }
    }
    this.length = count;
  }

  /** Bytes `start` to `start + length`. Throws OperatorError for a character above U+00FF. */
  read(start: number, length: number, name: string): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(length);
    let at = this.#marks[Math.floor(start / INTERVAL)] ?? this.#end;
    let index = start - (start % INTERVAL);
    let high = 0;
    while (index < start + length) {
      const block = this.#source.read(at, Math.min(INTERVAL, this.#end - at), name);
      if (block.length === 0)
        throw new OperatorError(`${name}: expected ${length} bytes, found ${index - start}`);
      at += block.length;
      for (let i = 0; i < block.length && index < start + length; i++) {
        const byte = block[i] as number;
        if (high === 0 && byte >= 0x80) {
          if (byte !== 0xc2 && byte !== 0xc3)
            throw new OperatorError(`${name}: expected bytes as text, found other text`);
          high = byte;
          continue;
        }
        const value = high === 0 ? byte : ((high & 3) << 6) | (byte & 0x3f);
        high = 0;
        if (index >= start) out[index - start] = value;
        index++;
      }
    }
    return out;
  }
}

/** The same for a text that is short enough to be in memory. */
export class ShortLatin1Text {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly length: number;

  constructor(text: string) {
    this.#bytes = new Uint8Array(Buffer.from(text, 'latin1'));
    this.length = this.#bytes.length;
  }

  read(start: number, length: number): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(start, start + length);
  }
}
