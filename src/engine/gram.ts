// The Gram matrix of u7 rows, by the kernels: exact integers, so that whatever computes it gets the same. It has a
// memory of its own, which goes when the matrix is there.
import { instantiateKernels } from './kernels.ts';
import { LinearMemory } from './linear-memory.ts';

/** Multiply-adds of one kernel call at most: calls stay short, so that V8 can change tiers between. */
const CALL_MACS = 8_000_000;

/**
 * Dot products of each row of `left` with each of `right`: i32 [left.length][right.length].
 * @param left u7 (0..127) vectors, all of one length, a multiple of 16; `right` the same
 * Throws RangeError where the machine refuses the memory.
 */
export function dotProducts(
  module: WebAssembly.Module,
  left: readonly Uint8Array[],
  right: readonly Uint8Array[],
): Int32Array {
  const bytes = left[0]?.length ?? 0;
  const kernels = instantiateKernels(module);
  const memory = new LinearMemory(kernels.memory, kernels.heapBase());
  const a = memory.reserve(bytes);
  const b = memory.reserve(right.length * bytes);
  const target = memory.reserve(right.length * 4);
  memory.commit();
  right.forEach((row, i) => {
    memory.bytes(b + i * bytes, bytes).set(row);
  });
  const products = new Int32Array(left.length * right.length);
  const view = memory.integers(target, right.length);
  const rows = Math.max(4, Math.floor(CALL_MACS / Math.max(1, bytes) / 4) * 4);
  left.forEach((row, i) => {
    memory.bytes(a, bytes).set(row);
    for (let from = 0; from < right.length; from += rows)
      kernels.gramRow(target + from * 4, a, b + from * bytes, Math.min(rows, right.length - from), bytes);
    products.set(view, i * right.length);
  });
  return products;
}
