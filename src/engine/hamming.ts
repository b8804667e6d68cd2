// Codes of 256 bits compared by the kernels. One memory of its own, for as many codes as one call may bring: callers copy
// theirs in piece by piece.
import { instantiateKernels, type Kernels } from './kernels.ts';
import { LinearMemory } from './linear-memory.ts';

export const CODE_BYTES = 32;
/** Codes of one call: 320 kB. */
const CALL_CODES = 10_000;

export class CodeScanner {
  readonly #kernels: Kernels;
  readonly #memory: LinearMemory;
  readonly #code: number;
  readonly #codes: number;
  readonly #target: number;

  constructor(module: WebAssembly.Module) {
    this.#kernels = instantiateKernels(module);
    this.#memory = new LinearMemory(this.#kernels.memory, this.#kernels.heapBase());
    this.#code = this.#memory.reserve(CODE_BYTES);
    this.#codes = this.#memory.reserve(CALL_CODES * CODE_BYTES);
    this.#target = this.#memory.reserve(CALL_CODES * 4);
    this.#memory.commit();
  }

  /**
   * In how many bits each code differs from `code`: i32, 0 to 256. A view that the next call overwrites.
   * @param code u8 [32] @param codes u8 [at most 10,000][32]
   */
  distances(code: Uint8Array, codes: Uint8Array): Int32Array {
    const rows = codes.length / CODE_BYTES;
    if (code.length !== CODE_BYTES || !Number.isInteger(rows) || rows > CALL_CODES)
      throw new RangeError(
        `expected codes of ${CODE_BYTES} bytes, ${CALL_CODES} at most, got ${codes.length}`,
      );
    this.#memory.bytes(this.#code, CODE_BYTES).set(code);
    this.#memory.bytes(this.#codes, codes.length).set(codes);
    this.#kernels.hammingRow(this.#target, this.#code, this.#codes, rows);
    return this.#memory.integers(this.#target, rows);
  }
}
