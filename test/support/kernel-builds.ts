// The four builds of the kernels that every contract test runs over, and a scratch memory with guard bytes around
// each region: a kernel that writes outside its output is caught.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { instantiateKernels, type Kernels } from '../../src/engine/kernels.ts';

export const KERNEL_BUILDS = ['relaxed', 'simd128', 'relaxed.debug', 'simd128.debug'] as const;

const GUARD_BYTES = 64;
const GUARD = 0xa5;

export function kernelsModule(name: string): WebAssembly.Module {
  const file = path.join(import.meta.dirname, `../../build/kernels.${name}.wasm`);
  // The Worker's types declare the constructor abstract; Node has it.
  return Reflect.construct(WebAssembly.Module, [readFileSync(file)]);
}

type Bytes = Uint8Array | Int8Array | Float32Array | Int32Array;

export class KernelBench {
  readonly kernels: Kernels;
  #end: number;
  #regions: { address: number; bytes: number }[] = [];

  constructor(name: string, pages = 200) {
    this.kernels = instantiateKernels(kernelsModule(name));
    this.kernels.memory.grow(pages);
    this.#end = Math.ceil(this.kernels.heapBase() / 64) * 64;
  }

  #bytes(address: number, bytes: number): Uint8Array {
    return new Uint8Array(this.kernels.memory.buffer, address, bytes);
  }

  /** A region of `bytes` between guards; returns its address, a multiple of 64. */
  region(bytes: number): number {
    const address = this.#end + GUARD_BYTES;
    this.#end = Math.ceil((address + bytes + GUARD_BYTES) / 64) * 64;
    this.#bytes(address - GUARD_BYTES, bytes + 2 * GUARD_BYTES).fill(GUARD);
    this.#regions.push({ address, bytes });
    return address;
  }

  /** A region that holds a copy of `values`. */
  put(values: Bytes): number {
    const address = this.region(values.byteLength);
    this.#bytes(address, values.byteLength).set(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    );
    return address;
  }

  bytes(address: number, count: number): Uint8Array {
    return this.#bytes(address, count).slice();
  }

  floats(address: number, count: number): Float32Array {
    return new Float32Array(this.#bytes(address, count * 4).slice().buffer);
  }

  integers(address: number, count: number): Int32Array {
    return new Int32Array(this.#bytes(address, count * 4).slice().buffer);
  }

  /** Addresses of guard bytes that were overwritten; then forgets all regions. */
  damagedGuards(): number[] {
    const damaged: number[] = [];
    for (const { address, bytes } of this.#regions)
      for (const from of [address - GUARD_BYTES, address + bytes])
        this.#bytes(from, GUARD_BYTES).forEach((value, i) => {
          if (value !== GUARD) damaged.push(from + i);
        });
    this.#regions = [];
    this.#end = Math.ceil(this.kernels.heapBase() / 64) * 64;
    return damaged;
  }
}
