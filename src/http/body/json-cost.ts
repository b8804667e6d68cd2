// What a JSON text would take as values, counted from its bytes before it is parsed: `[[],[],` grows tenfold, and an
// isolate that runs out of memory takes all its requests along. Strings are skipped, so base64 costs nothing to count.
import { ServiceError } from '../../errors.ts';

/** Bytes of memory. A photo as an array of 2.5 million numbers fits. */
export const MAX_VALUE_BYTES = 40_000_000;
const ELEMENT_COST = 16;
/** Elements of the longest array that fits. */
export const MAX_ELEMENTS = MAX_VALUE_BYTES / ELEMENT_COST;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Bytes that V8 takes for what begins with a character: an element, a number with a fraction, an array, an object. */
const COSTS = new Uint8Array(128);
for (const [characters, cost] of [
  [',', ELEMENT_COST],
  ['.eE', 24],
  ['[{', 64],
] as const)
  for (const character of characters) COSTS[character.charCodeAt(0)] = cost;
const STRING_COST = 40;

export class JsonCost {
  #bytes = 0;
  #inString = false;
  /** The last byte was a backslash that escapes the next one. */
  #escaped = false;

  /** What has been counted. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts the next bytes of a text. Throws ServiceError too-many-bytes. */
  add(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; at++) {
      if (this.#inString) {
        at = this.#endOfString(chunk, at);
        continue;
      }
      const byte = chunk[at] ?? 0;
      if (byte === QUOTE) {
        this.#inString = true;
        this.#bytes += STRING_COST;
      } else this.#bytes += COSTS[byte] ?? 0;
    }
    if (this.#bytes > MAX_VALUE_BYTES)
      throw new ServiceError(
        'too-many-bytes',
        `JSON body: expected values of at most ${MAX_VALUE_BYTES} bytes in memory`,
        { members: { limit: { json_value_bytes: MAX_VALUE_BYTES } } },
      );
  }

  /** Position of the closing quote, or the chunk's end. */
  #endOfString(chunk: Uint8Array, from: number): number {
    let start = from;
    if (this.#escaped) {
      this.#escaped = false;
      start++;
    }
    for (;;) {
      const quote = chunk.indexOf(QUOTE, start);
      const end = quote < 0 ? chunk.length : quote;
      let slashes = 0;
      while (end - slashes - 1 >= start && chunk[end - slashes - 1] === BACKSLASH) slashes++;
      const odd = slashes % 2 === 1;
      if (quote < 0) {
        this.#escaped = odd;
        return end;
      }
      if (!odd) {
        this.#inString = false;
        return quote;
      }
      start = quote + 1;
    }
  }
}
