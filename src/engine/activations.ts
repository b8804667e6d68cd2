// What flows between the steps of a plan: the u7 tensors that convolutions read (one padded plane per group) and
// the f32 tensor that the step before left.
//
// real value = u7 value * scale, scale = max / 127 of the tensor, for each picture anew (design: dynamic
// quantisation, so that nothing is ever clipped and no calibration set is needed).
import type { Shape } from '../network/layer.ts';
import type { Kernels } from './kernels.ts';
import type { LinearMemory } from './linear-memory.ts';

const LEVELS = 127;
/** Bytes that a convolution may read past its last run (it reads four at a time). */
const SLACK_BYTES = 4;

/** The f32 tensor that a step left: where, and its largest value. */
export interface Activations {
  address: number;
  max: number;
}

/** f32 scale of a quantised tensor with this maximum. */
export function quantizedScale(max: number): number {
  return Math.fround(max / LEVELS);
}

/** f32 factor that quantises a tensor with this maximum; 0 for a tensor of zeros. */
export function quantizingFactor(max: number): number {
  return max > 0 ? Math.fround(LEVELS / max) : 0;
}

/**
 * A convolution's quantised input: one plane per group, [height + 2 pad][width + 2 pad][channels / groups], so that a
 * kernel row of one position is a contiguous run and the inner loop has no bounds test.
 */
export class PaddedPlanes {
  readonly address: number;
  readonly rowBytes: number;
  readonly planeBytes: number;
  readonly #shape: Shape;
  readonly #groups: number;
  readonly #pad: number;

  constructor(memory: LinearMemory, shape: Shape, groups: number, pad: number) {
    this.#shape = shape;
    this.#groups = groups;
    this.#pad = pad;
    this.rowBytes = (shape.width + 2 * pad) * (shape.channels / groups);
    this.planeBytes = (shape.height + 2 * pad) * this.rowBytes;
    this.address = memory.reserve(groups * this.planeBytes + SLACK_BYTES);
  }

  #rowAddress(row: number): number {
    const groupChannels = this.#shape.channels / this.#groups;
    return this.address + (row + this.#pad) * this.rowBytes + this.#pad * groupChannels;
  }

  /** Quantises an f32 tensor into the planes. Returns its scale. */
  fill(kernels: Kernels, source: Activations): number {
    const { height, width, channels } = this.#shape;
    const factor = quantizingFactor(source.max);
    const groupChannels = channels / this.#groups;
    for (let row = 0; row < height; row++) {
      const from = source.address + row * width * channels * 4;
      kernels.quantizeRow(
        this.#rowAddress(row),
        from,
        width,
        groupChannels,
        this.#groups,
        this.planeBytes,
        factor,
      );
    }
    return quantizedScale(source.max);
  }

  /** Quantises a picture, u8 [height][width][channels], into the one plane. */
  fillPixels(kernels: Kernels, picture: number): void {
    const { height, width, channels } = this.#shape;
    for (let row = 0; row < height; row++)
      kernels.pixels(this.#rowAddress(row), picture + row * width * channels, width * channels);
  }

  /** Writes the border of the one plane with a pixel, u8 per channel; zero borders need no writing. */
  fillBorder(kernels: Kernels, memory: LinearMemory, pixel: readonly number[], scratch: number): void {
    const columns = this.rowBytes / pixel.length;
    const row = memory.bytes(scratch, this.rowBytes);
    for (let x = 0; x < columns; x++) row.set(pixel, x * pixel.length);
    for (let at = 0; at < this.planeBytes; at += this.rowBytes)
      kernels.pixels(this.address + at, scratch, this.rowBytes);
  }
}
