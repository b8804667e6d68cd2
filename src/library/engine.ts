// The package's `./engine`: a packed model over pixels that are decoded already.
import { openWholeFile } from '../model/whole-file.ts';
import type { Bytes } from './answers.ts';
import { wholeBytes } from './bytes.ts';
import { kernelsModule } from './wasm-modules.ts';

export interface EngineOutput {
  /** f32, one per class, before softmax. */
  logits: Float32Array;
  /** f32, one per class; they sum to 1. */
  probabilities: Float32Array;
  /** f32: what the last dense layer reads. */
  embedding: Float32Array;
}

export interface PixelEngine {
  /** Side of the square picture that the network reads. */
  readonly inputSize: number;
  readonly labels: readonly { synset?: string; words: string }[];
  /** Names of the layers, in order. */
  readonly layers: readonly string[];
  /** Of the weights, hex. */
  readonly sha256: string;
  /**
   * Runs the network. Synchronous: about 8 to 16 ms a picture.
   * @param pictures u8 RGB [inputSize][inputSize][3] each, any number
   * Throws RangeError for a picture of another size.
   */
  run(pictures: readonly Uint8Array[]): EngineOutput[];
  /**
   * The outputs of dense layers alone: one f32 vector a layer, of each picture.
   * Throws RangeError for a layer that is not there or not dense.
   */
  activations(pictures: readonly Uint8Array[], layers: readonly string[]): Float32Array[][];
}

/** @param model a packed model's file. Rejects with an Error that has `code`: model-damaged, model-checksum and others */
export async function createEngine(model: Bytes): Promise<PixelEngine> {
  const engine = await openWholeFile(await kernelsModule(), await wholeBytes(model));
  const { labels, sha256 } = engine.info;
  return {
    inputSize: engine.inputSize,
    labels,
    layers: engine.layers.map(({ layer }) => layer.name),
    sha256,
    run: (pictures) => engine.run(pictures),
    activations: (pictures, layers) => engine.activations(pictures, layers),
  };
}
