// A network with its float weights, as every importer returns it and as the packer reads it: one canonical
// form, whatever the published file's layout was. Tensors are widened to float32 one at a time: beside the
// file itself (244 MB) there is one copy of its largest tensor (151 MB).
import type { Colors } from '../src/network/colors.ts';
import type { Network } from '../src/network/layer.ts';
import type { Label, Preprocess } from '../src/network/preprocess.ts';

export interface FloatTensor {
  /** Canonical shape: conv (out, in/groups, kh, kw), dense (out, in), bias (out). */
  shape: number[];
  /** Float32 values in row-major order of `shape`. A new array at each call. */
  read(): Promise<Float32Array>;
}

export interface FloatLayer {
  weight: FloatTensor;
  bias: FloatTensor;
}

export interface FloatModel {
  name: string;
  network: Network;
  preprocess: Preprocess;
  labels: Label[];
  source: { from: string; sha256: string; licence: string; accuracy?: string };
  /** How the colours of the training photos vary, where it is known. */
  colors?: Colors;
  /**
   * By layer name, for each conv and dense layer of `network`. The first convolution reads RGB (an importer
   * of BGR weights swaps its input channels); a dense layer after a spatial one flattens its input as C,H,W.
   */
  layers: Record<string, FloatLayer>;
  /** What training subtracted from every picture, instead of `preprocess.mean`: f32 [3][height][width], R, G, B. */
  meanImage?: FloatTensor;
  /** What the importer concluded and its user should see. */
  notes?: string[];
}
