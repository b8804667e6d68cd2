// Which convolution kernel suits this machine: 6 x 8 where the dot product is one instruction, 4 x 8 with the product in
// steps where it is three (docs/PERFORMANCE.md has the figures). Told by the value of the instruction outside its
// domain, not by a clock, which stands still in an isolate. Both give the same bits.
//
// The kernel in steps is tried out first: V8's baseline compiler (seen in 13.6) computes the pairwise product wrongly on
// x86 processors without AVX. Where the two kernels differ, the one of 6 x 8 is used.
import type { Conv, Kernels } from './kernels.ts';

/** dotProbe's answers where the dot product is a single instruction: x86 AVX-VNNI, ARM dot product. */
const SINGLE_INSTRUCTION = [129_540, -508];

const POSITIONS = 4;
const CHANNELS = 8;
/** Bytes of input of one position. */
const RUN = 64;

export function convTile(kernels: Kernels): Conv {
  if (SINGLE_INSTRUCTION.includes(kernels.dotProbe())) return kernels.conv6x8;
  const scratch = Math.ceil(kernels.heapBase() / 64) * 64;
  return trial(kernels, kernels.conv4x8, scratch) === trial(kernels, kernels.conv6x8, scratch)
    ? kernels.conv4x8
    : kernels.conv6x8;
}

/** The bits of a small convolution, over the memory behind `scratch`, which is zero again afterwards. */
function trial(kernels: Kernels, conv: Conv, scratch: number): string {
  const weights = scratch + POSITIONS * RUN;
  const scale = weights + CHANNELS * RUN;
  const bias = scale + CHANNELS * 4;
  const max = bias + CHANNELS * 4;
  const target = max + 16;
  const end = target + POSITIONS * CHANNELS * 4;
  const bytes = new Uint8Array(kernels.memory.buffer, scratch, end - scratch);
  for (let i = 0; i < POSITIONS * RUN; i++) bytes[i] = (i * 89) % 128;
  for (let i = POSITIONS * RUN; i < scale - scratch; i++) bytes[i] = (i * 167) % 255;
  new Float32Array(kernels.memory.buffer, scale, CHANNELS).fill(1);
  conv(
    target,
    scratch,
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
  );
  const sums = new Float32Array(kernels.memory.buffer, target, POSITIONS * CHANNELS).join();
  bytes.fill(0);
  return sums;
}
