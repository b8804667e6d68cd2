// Which convolution kernel a block of weights gets on this machine. Where the dot product is one instruction: conv6x8.
// Where it is three: windows of 16-bit sums (assembly/kernels/conv-windows.ts), the longest that the block's own weights
// prove exact; conv6x8 where a kernel row has no window that divides it. All give the same bits. Nothing in the model
// file is trusted for it, so that old and foreign files stay exact.
//
// Which machine this is shows the value of the instruction outside its domain, not by a clock, which stands still in an
// isolate. The windows are tried out first: V8's baseline compiler (seen in 13.6) computes their pairwise product
// wrongly on x86 processors without AVX. Where they differ from conv6x8, they are not used.
import type { Conv, ConvWindow, Kernels } from './kernels.ts';

/** dotProbe's answers where the dot product is a single instruction: x86 AVX-VNNI, ARM dot product. */
const SINGLE_INSTRUCTION = [129_540, -508];

const POSITIONS = 5;
const CHANNELS = 8;
/** Bytes of input of one position in the trial: four steps. */
const RUN = 16;
const STEP_BYTES = 32;
const STARTS_HEAD_BYTES = 32;
const SHORTEST_WINDOW = 2;
/** Bytes of the sums of one tile. */
export const SUMS_BYTES = POSITIONS * CHANNELS * 4;

/** Bits of windowProof's answer. */
const PLAIN = 1;
const STARTED = 2;

/** Bytes that the starts of one block of `steps` steps need, whatever its window. */
export function startsBytes(steps: number): number {
  return STARTS_HEAD_BYTES + Math.ceil(steps / SHORTEST_WINDOW) * STEP_BYTES;
}

/**
 * Whether kernels that take the dot product apart, into pairwise products and their sums, are right on this machine and
 * faster than those with the whole instruction.
 */
export function prefersSteps(kernels: Kernels): boolean {
  return (
    !SINGLE_INSTRUCTION.includes(kernels.dotProbe()) && kernels.dotProbe() !== 0 && windowsAgree(kernels)
  );
}

/** The windows of one block, fastest first. */
function candidates(kernels: Kernels): { window: number; proof: number; conv: ConvWindow }[] {
  return [
    { window: 4, proof: PLAIN, conv: kernels.conv5x8Plain4 },
    { window: 3, proof: PLAIN, conv: kernels.conv5x8Plain3 },
    { window: 4, proof: STARTED, conv: kernels.conv5x8Started4 },
    { window: 3, proof: STARTED, conv: kernels.conv5x8Started3 },
    { window: 2, proof: STARTED, conv: kernels.conv5x8Started2 },
  ];
}

/**
 * The kernel for the block of weights at `weights`; its starts are written to `starts`, startsBytes(steps) long.
 * @param steps steps of the block; `rowSteps` of each kernel row of it
 */
export function convKernel(
  kernels: Kernels,
  weights: number,
  steps: number,
  rowSteps: number,
  starts: number,
): Conv | ConvWindow {
  let proven = 0;
  let provenWindow = 0;
  for (const { window, proof, conv } of candidates(kernels)) {
    if (rowSteps % window !== 0) continue;
    if (window !== provenWindow) proven = kernels.windowProof(starts, weights, steps, window);
    provenWindow = window;
    if ((proven & proof) !== 0) return conv;
  }
  return kernels.conv6x8;
}

/** Whether a small convolution has the same bits in windows; over memory that is zero again afterwards. */
function windowsAgree(kernels: Kernels): boolean {
  const source = Math.ceil(kernels.heapBase() / 64) * 64;
  const weights = source + POSITIONS * RUN;
  const scale = weights + CHANNELS * RUN;
  const bias = scale + CHANNELS * 4;
  const max = bias + CHANNELS * 4;
  const sums = max + 16;
  const target = sums + SUMS_BYTES;
  const end = target + POSITIONS * CHANNELS * 4;
  const bytes = new Uint8Array(kernels.memory.buffer, source, end - source);
  for (let i = 0; i < POSITIONS * RUN; i++) bytes[i] = (i * 89) % 128;
  // Weights of -32 to 31: plain windows of four are exact.
  for (let i = POSITIONS * RUN; i < scale - source; i++) bytes[i] = ((i * 167) % 64) - 32;
  new Float32Array(kernels.memory.buffer, scale, CHANNELS).fill(1);
  const trial = (conv: Conv | ConvWindow) => {
    conv(
      target,
      source,
      weights,
      scale,
      bias,
      max,
      POSITIONS,
      1,
      CHANNELS,
      1,
      RUN,
      POSITIONS * RUN,
      RUN,
      0,
      1,
      -Infinity,
      sums,
      0,
    );
    return new Float32Array(kernels.memory.buffer, target, POSITIONS * CHANNELS).join();
  };
  const same = trial(kernels.conv5x8Plain4) === trial(kernels.conv6x8);
  bytes.fill(0);
  return same;
}
