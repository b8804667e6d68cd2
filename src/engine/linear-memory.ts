// The kernels' linear memory: the only place that takes views on it. Regions are reserved once, in order, while
// the plan is made; `commit` then grows the memory to its final size before the first view is taken, and it never
// grows again (a view dies when its memory grows).
//
//   0        static data of the module
//            weights, as they stand in the model file's data section
//            quantised inputs of each convolution (their borders are written once)
//            two f32 activation buffers that the spatial layers alternate between
//            rows of the dense layers, one per picture of a batch

const ALIGNMENT = 64;
const PAGE_BYTES = 65_536;

export class LinearMemory {
  readonly #memory: WebAssembly.Memory;
  #end: number;
  #bytes = new Uint8Array(0);
  #floats = new Float32Array(0);

  /** @param start first address that the module leaves free */
  constructor(memory: WebAssembly.Memory, start: number) {
    this.#memory = memory;
    this.#end = align(start);
  }

  /** Reserves `bytes` and returns their address, a multiple of 64. */
  reserve(bytes: number): number {
    const address = this.#end;
    this.#end = align(address + bytes);
    return address;
  }

  /** Grows the memory to hold everything reserved. Throws RangeError where the machine cannot. */
  commit(): void {
    const missing = Math.ceil(this.#end / PAGE_BYTES) - this.#memory.buffer.byteLength / PAGE_BYTES;
    if (missing > 0) this.#memory.grow(missing);
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#floats = new Float32Array(this.#memory.buffer);
  }

  get byteLength(): number {
    return this.#bytes.byteLength;
  }

  /** A view, not a copy. */
  bytes(address: number, count: number): Uint8Array {
    return this.#bytes.subarray(address, address + count);
  }

  /** A view, not a copy; the address must be a multiple of 4. */
  floats(address: number, count: number): Float32Array {
    return this.#floats.subarray(address >>> 2, (address >>> 2) + count);
  }

  /** A view, not a copy; the address must be a multiple of 4. */
  integers(address: number, count: number): Int32Array {
    return new Int32Array(this.#memory.buffer, address, count);
  }

  /** Largest of the four f32 lanes at `address`: how kernels leave a running maximum. */
  maxOfLanes(address: number): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.floats(address, 4);
    return Math.max(a, b, c, d);
  }
}

function align(address: number): number {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}
