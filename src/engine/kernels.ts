// The kernels module as TypeScript sees it: the exports of build/kernels.wasm (assembly/kernels says what each
// expects), and its tile constants.
import type { Tiles } from '../network/model-info.ts';

export type Conv = (
  target: number,
  source: number,
  weights: number,
  scale: number,
  bias: number,
  max: number,
  width: number,
  height: number,
  targetChannels: number,
  rows: number,
  runBytes: number,
  rowBytes: number,
  stepBytes: number,
  rowStepBytes: number,
  inputScale: number,
  floor: number,
) => void;

/** As Conv, with scratch for the sums of a tile and with the starts that windowProof wrote. */
export type ConvWindow = (...parameters: [...Parameters<Conv>, sums: number, starts: number]) => void;

export type DenseCodes = (
  sums: number,
  x: number,
  weights: number,
  codebook: number,
  inputs: number,
  outputs: number,
  tile: number,
  pictures: number,
  stride: number,
) => void;

export interface Kernels {
  memory: WebAssembly.Memory;
  CONV_BLOCK: WebAssembly.Global;
  DENSE_BLOCK: WebAssembly.Global;
  K_STEP: WebAssembly.Global;
  heapBase(): number;
  dotProbe(): number;
  conv6x8: Conv;
  conv5x8Plain4: ConvWindow;
  conv5x8Plain3: ConvWindow;
  conv5x8Started4: ConvWindow;
  conv5x8Started3: ConvWindow;
  conv5x8Started2: ConvWindow;
  windowProof(starts: number, weights: number, steps: number, window: number): number;
  denseInputs(list: number, x: number, inputs: number, pictures: number): number;
  denseAccumulate(
    sums: number,
    x: number,
    list: number,
    count: number,
    gathered: number,
    weights: number,
    inputs: number,
    outputs: number,
    pictures: number,
  ): void;
  denseCodes: DenseCodes;
  denseCodesInSteps: DenseCodes;
  denseFinish(
    target: number,
    sums: number,
    scale: number,
    bias: number,
    outputs: number,
    inputScale: number,
    floor: number,
  ): number;
  gramRow(target: number, a: number, b: number, rows: number, bytes: number): void;
  hammingRow(target: number, code: number, codes: number, rows: number): void;
  lrn(x: number, max: number, positions: number, channels: number, alphaOverSize: number, k: number): void;
  maxpoolRow(
    target: number,
    source: number,
    max: number,
    outWidth: number,
    width: number,
    channels: number,
    rows: number,
    kernel: number,
    stride: number,
  ): void;
  pixels(target: number, source: number, count: number): void;
  quantize(target: number, source: number, count: number, inverse: number): void;
  quantizeRow(
    target: number,
    source: number,
    width: number,
    groupChannels: number,
    groups: number,
    planeBytes: number,
    inverse: number,
  ): void;
  softmax(target: number, x: number, count: number): void;
  subtractMap(x: number, map: number, max: number, count: number): void;
}

/** A new instance with a memory of its own. The module imports nothing. */
export function instantiateKernels(module: WebAssembly.Module): Kernels {
  return new WebAssembly.Instance(module, {}).exports as unknown as Kernels;
}

/** The tile sizes that packed weights must have. */
export function tilesOf(kernels: Kernels): Tiles {
  return {
    convBlock: Number(kernels.CONV_BLOCK.value),
    denseBlock: Number(kernels.DENSE_BLOCK.value),
    kStep: Number(kernels.K_STEP.value),
  };
}
