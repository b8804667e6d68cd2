// The engine: pictures in, logits and probabilities out, over one linear memory. It runs whatever layer list the
// model file holds. Everything here is synchronous: from the first byte of a picture to the last probability no
// other request can come in between.
import { excerpt } from '../errors.ts';
import type { Shape } from '../network/layer.ts';
import type { ModelInfo, Tiles } from '../network/model-info.ts';
import { inferShapes, type LayerInfo } from '../network/shapes.ts';
import type { Activations } from './activations.ts';
import type { DenseRun } from './dense-tail.ts';
import { instantiateKernels, type Kernels, tilesOf } from './kernels.ts';
import { LinearMemory } from './linear-memory.ts';
import { MAX_BATCH, makePlan, type Plan } from './plan.ts';
import { type PackedTensor, packedTensors } from './weights.ts';

export interface Prediction {
  /** f32, one per class, before softmax. */
  logits: Float32Array;
  /** f32, one per class; they sum to 1. */
  probabilities: Float32Array;
  /** f32: what the last dense layer reads (fc7's outputs in the paper). */
  embedding: Float32Array;
}

/** Sees every layer's output right after it was computed; `read` copies it, f32 in height, width, channel order. */
export type Observer = (layer: LayerInfo, picture: number, read: () => Float32Array) => void;

export class Engine {
  #info: ModelInfo;
  readonly #kernels: Kernels;
  readonly #memory: LinearMemory;
  readonly #plan: Plan;
  /** Whether the weights are those that the kernels were chosen for. */
  #proven = false;

  /**
   * Plans the network of `info` and sizes the memory. Weights are written afterwards.
   * Throws NetworkError for a layer list that cannot be run, RangeError where memory is refused.
   */
  constructor(module: WebAssembly.Module, info: ModelInfo) {
    this.#info = info;
    this.#kernels = instantiateKernels(module);
    this.#memory = new LinearMemory(this.#kernels.memory, this.#kernels.heapBase());
    this.#plan = makePlan(this.#kernels, this.#memory, info);
    this.#memory.commit();
    this.#plan.prepare();
  }

  /** Tile sizes that a module's packed weights must have. */
  static tiles(module: WebAssembly.Module): Tiles {
    return tilesOf(instantiateKernels(module));
  }

  get info(): ModelInfo {
    return this.#info;
  }

  /** The tensors that a file of this network has, in file order. Throws NetworkError. */
  static tensors({ network, tiles }: ModelInfo): PackedTensor[] {
    return inferShapes(network).flatMap((layer) => packedTensors(layer, tiles));
  }

  /**
   * The first vector of scales or biases that no computation can use, in words; undefined = all are usable: finite,
   * and scales not negative.
   */
  unusableWeights(): string | undefined {
    for (const { name, address, count, min } of this.#plan.vectors) {
      const values = this.#memory.floats(address, count);
      const at = values.findIndex((value) => !(value >= min && Number.isFinite(value)));
      if (at >= 0) return `${name}: expected finite numbers, found ${values[at]} at ${at}`;
    }
    return undefined;
  }

  /** Takes another model of the same network into this memory (its weights follow); false when it does not fit. */
  adopt(info: ModelInfo): boolean {
    const shape = ({ network, preprocess, tiles }: ModelInfo) => JSON.stringify([network, preprocess, tiles]);
    if (shape(info) !== shape(this.#info)) return false;
    this.#info = info;
    return true;
  }

  get layers(): LayerInfo[] {
    return this.#plan.layers;
  }

  get memoryBytes(): number {
    return this.#memory.byteLength;
  }

  /** Side of the square picture that the network reads. */
  get inputSize(): number {
    return this.info.network.input.size;
  }

  /** Bytes of the weights: the model file's data section. */
  get weightBytes(): number {
    return this.#plan.weights.bytes;
  }

  /** A view on part of the weights, to be filled from the model file before the next run. */
  weights(offset: number, bytes: number): Uint8Array {
    if (offset < 0 || offset + bytes > this.#plan.weights.bytes)
      throw new RangeError(
        `expected weights within ${this.#plan.weights.bytes} bytes, got ${offset} + ${bytes}`,
      );
    this.#proven = false;
    return this.#memory.bytes(this.#plan.weights.address + offset, bytes);
  }

  /**
   * Runs the network over pictures, u8 RGB [size][size][3] each. Any number; the dense layers read their weights
   * once for up to 16 of them.
   */
  run(pictures: readonly Uint8Array[], observe?: Observer): Prediction[] {
    const predictions: Prediction[] = [];
    for (let from = 0; from < pictures.length; from += MAX_BATCH)
      predictions.push(...this.#runBatch(pictures.slice(from, from + MAX_BATCH), from, observe));
    return predictions;
  }

  /**
   * Runs the network only as far as the last of `layers`, dense layers by name, and returns what they leave of each
   * picture: one f32 vector a layer, in the order of `layers`.
   * @param pictures u8 RGB [size][size][3] each, any number
   * Throws RangeError for a layer that is not there or not dense.
   */
  activations(pictures: readonly Uint8Array[], layers: readonly string[]): Float32Array[][] {
    const { dense } = this.#plan;
    const wanted = layers.map((name) => {
      const at = dense.findIndex(({ layer }) => layer.name === name);
      if (at < 0)
        throw new RangeError(
          `expected one of the dense layers ${dense.map(({ layer }) => layer.name).join(', ')}, got ${excerpt(name)}`,
        );
      return at;
    });
    const found: Float32Array[][] = [];
    for (let from = 0; from < pictures.length; from += MAX_BATCH) {
      const batch = pictures.slice(from, from + MAX_BATCH);
      batch.forEach((picture, slot) => {
        this.#runSpatial(picture, slot, from + slot);
      });
      this.#runDense(batch.length, from, Math.max(-1, ...wanted) + 1);
      batch.forEach((_, slot) => {
        found.push(
          wanted.map((at) => {
            const run = dense[at] as DenseRun;
            return this.#read(run.output(slot), run.shapes.output);
          }),
        );
      });
    }
    return found;
  }

  #runBatch(pictures: readonly Uint8Array[], from: number, observe?: Observer): Prediction[] {
    pictures.forEach((picture, index) => {
      this.#runSpatial(picture, index, from + index, observe);
    });
    this.#runDense(pictures.length, from, this.#plan.dense.length, observe);
    return pictures.map((_, picture) => this.#predict(picture, from + picture, observe));
  }

  /** Runs the first `layers` dense layers over the loaded pictures. */
  #runDense(pictures: number, from: number, layers: number, observe?: Observer): void {
    const { dense } = this.#plan;
    dense.slice(0, layers).forEach((step, index) => {
      const next = index + 1 < layers ? dense[index + 1] : undefined;
      step.run(pictures).forEach((max, picture) => {
        const address = step.output(picture);
        observe?.(step.shapes, from + picture, () => this.#read(address, step.shapes.output));
        next?.load(picture, { address, max });
      });
    });
  }

  #runSpatial(picture: Uint8Array, slot: number, index: number, observe?: Observer): void {
    const plan = this.#plan;
    if (!this.#proven) plan.prove();
    this.#proven = true;
    if (picture.byteLength !== plan.picture.bytes)
      throw new RangeError(`expected a picture of ${plan.picture.bytes} bytes, got ${picture.byteLength}`);
    this.#memory.bytes(plan.picture.address, plan.picture.bytes).set(picture);
    let activations: Activations = plan.first.run();
    const { address } = activations;
    observe?.(plan.first.shapes, index, () => this.#read(address, plan.first.shapes.output));
    for (const step of plan.spatial) {
      activations = step.run(activations, plan.buffers);
      const at = activations.address;
      observe?.(step.shapes, index, () => this.#read(at, step.shapes.output));
    }
    plan.dense[0]?.load(slot, activations);
  }

  #predict(picture: number, index: number, observe?: Observer): Prediction {
    const { dense, softmax, classes } = this.#plan;
    const last = dense.at(-1);
    const before = dense.at(-2);
    if (!last) throw new RangeError('expected a dense layer');
    this.#kernels.softmax(softmax.address, last.output(picture), classes);
    observe?.(softmax.shapes, index, () => this.#read(softmax.address, softmax.shapes.output));
    return {
      logits: this.#memory.floats(last.output(picture), classes).slice(),
      probabilities: this.#memory.floats(softmax.address, classes).slice(),
      embedding: before
        ? this.#memory.floats(before.output(picture), before.layer.out).slice()
        : new Float32Array(0),
    };
  }

  #read(address: number, shape: Shape): Float32Array {
    return this.#memory.floats(address, shape.height * shape.width * shape.channels).slice();
  }
}
