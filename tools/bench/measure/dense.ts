// The dense layers of a thousand classes alone (fc6, fc7, fc8): random weights, and inputs of which a given share is not
// zero. As int8 rows, and as 4-bit codes with fc8 in int8. Caches are flushed before each, since within a pass the
// convolutions have thrown the weights out.
import { type DenseRun, planDense } from '../../../src/engine/dense-tail.ts';
import { instantiateKernels, tilesOf } from '../../../src/engine/kernels.ts';
import { LinearMemory } from '../../../src/engine/linear-memory.ts';
import { packedTensors, tensorBytes } from '../../../src/engine/weights.ts';
import type { DenseLayer } from '../../../src/network/layer.ts';
import type { LayerInfo } from '../../../src/network/shapes.ts';
import { randomNumbers } from '../../fixtures/random.ts';

/** Shares of inputs that are not zero: all; fc6 and fc7 of the default model; of published AlexNet, as EIE has it. */
export const SHARES = [1, 0.72, 0.5, 0.35] as const;
export const DENSE_BITS = [8, 4] as const;

const OUTPUTS = [4096, 4096, 1000];
const INPUTS = { height: 6, width: 6, channels: 256 };
const PAGE_BYTES = 4096;
/** Twice the largest cache of one core's neighbourhood. */
const FLUSH_BYTES = 64 << 20;

export interface DenseRow {
  bits: number;
  /** Of the inputs that are not zero. */
  share: number;
  /** Minima of each layer, and of their sum. */
  layers: number[];
  ms: number;
}

/** Three planned layers, their weights filled. */
interface Tail {
  runs: DenseRun[];
  /** Sets every layer's inputs. */
  fill(share: number): void;
}

function layerInfos(bits: 4 | 8): (LayerInfo & { layer: DenseLayer })[] {
  let input = INPUTS;
  return OUTPUTS.map((out, index) => {
    const layer: DenseLayer = { type: 'dense', name: `fc${index + 6}`, out, relu: index < 2 };
    const output = { height: 1, width: 1, channels: out };
    const macs = input.height * input.width * input.channels * out;
    const info = {
      layer: bits === 4 && index < 2 ? { ...layer, bits: 4 as const } : layer,
      input,
      output,
      macs,
      parameters: macs + out,
    };
    input = output;
    return info;
  });
}

function openTail(module: WebAssembly.Module, bits: 4 | 8): Tail {
  const kernels = instantiateKernels(module);
  const memory = new LinearMemory(kernels.memory, kernels.heapBase());
  const tiles = tilesOf(kernels);
  const places: { weight: number; bytes: number; vectors: number; codebook: number }[] = [];
  const infos = layerInfos(bits);
  const xs: { address: number; count: number }[] = [];
  const runs = infos.map((shapes) => {
    const [packed, ...rest] = packedTensors(shapes, tiles);
    const bytes = packed ? tensorBytes(packed) : 0;
    const weight = Math.ceil(memory.reserve(bytes + PAGE_BYTES) / PAGE_BYTES) * PAGE_BYTES;
    const codebook = memory.reserve(64);
    const padded = Math.ceil(shapes.layer.out / tiles.denseBlock) * tiles.denseBlock;
    const vectors = memory.reserve(padded * 8);
    places.push({ weight, bytes, vectors, codebook: rest.length > 2 ? codebook : 0 });
    const count = shapes.input.height * shapes.input.width * shapes.input.channels;
    xs.push({ address: memory.reserve(count * 4), count });
    const weights = { weight, codebook, scale: vectors, bias: vectors + padded * 4, map: 0 };
    return planDense(kernels, memory, shapes, shapes.layer, weights, padded, 1);
  });
  memory.commit();
  const next = randomNumbers(bits);
  for (const { weight, bytes, vectors, codebook } of places) {
    const words = memory.integers(weight, bytes / 4);
    // Bytes of -128 are no weights: the lowest bit of each byte is set.
    for (let i = 0; i < words.length; i++) words[i] = (next() * 2 ** 32) | 0x01010101;
    memory.floats(vectors, 16).fill(1);
    if (codebook > 0)
      new Int8Array(kernels.memory.buffer, codebook, 16).set(
        Int8Array.from({ length: 16 }, (_, i) => Math.round((i - 7.5) * 16.9)),
      );
  }
  return {
    runs,
    fill(share) {
      runs.forEach((run, index) => {
        const { address, count } = xs[index] ?? { address: 0, count: 0 };
        const values = memory.floats(address, count);
        for (let i = 0; i < count; i++) values[i] = next() < share ? 0.01 + next() : 0;
        run.load(0, { address, max: 1.01 });
      });
    },
  };
}

/** A function that measures everything once more, to be called in turn with other measurements; then the minima. */
export function openDense(module: WebAssembly.Module, bits: readonly (4 | 8)[] = DENSE_BITS) {
  const tails = bits.map((width) => ({ bits: width, tail: openTail(module, width) }));
  const flush = new Float64Array(FLUSH_BYTES / 8);
  const rows = tails.flatMap(({ bits, tail }) =>
    SHARES.map((share) => ({
      tail,
      row: { bits, share, layers: OUTPUTS.map(() => Infinity), ms: Infinity },
    })),
  );
  const measure = () => {
    for (const { tail, row } of rows) {
      tail.fill(row.share);
      for (let i = 0; i < flush.length; i += 8) flush[i] = (flush[i] ?? 0) + 1;
      let sum = 0;
      tail.runs.forEach((run, index) => {
        const start = performance.now();
        run.run(1);
        const ms = performance.now() - start;
        sum += ms;
        row.layers[index] = Math.min(row.layers[index] ?? Infinity, ms);
      });
      row.ms = Math.min(row.ms, sum);
    }
  };
  // Until everything is compiled well.
  for (const { tail } of rows) for (let i = 0; i < 8; i++) for (const run of tail.runs) run.run(1);
  return { measure, result: (): DenseRow[] => rows.map(({ row }) => row) };
}
