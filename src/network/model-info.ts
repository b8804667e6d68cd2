// What a packed model file says of itself (the strings of its safetensors `__metadata__`, parsed).

import type { Known } from './known.ts';
import type { Network } from './layer.ts';
import type { Label, Preprocess } from './preprocess.ts';

/** Version of the packed format. The Worker refuses every other one by name. */
export const MODEL_FORMAT = 'alexnet-edge/1';

/** Sizes that the kernels dictate; exported by the wasm module, stored by the packer, compared when loading. */
export interface Tiles {
  /** Output channels of one block of convolution weights. */
  convBlock: number;
  /** Outputs that a row of dense weights is padded to a multiple of. */
  denseBlock: number;
  /** Inputs (k) that one dot-product lane takes. */
  kStep: number;
}

export interface ModelSource {
  /** Where the weights came from: a file name or an address. */
  from: string;
  sha256: string;
  licence: string;
  /** Reported accuracy, in words, where there is one. */
  accuracy?: string;
}

export interface ModelInfo {
  format: string;
  name: string;
  tiles: Tiles;
  network: Network;
  preprocess: Preprocess;
  labels: Label[];
  source: ModelSource;
  /** SHA-256 of the data section, hex. */
  sha256: string;
  /** How photos of something else are told; none: they are not. */
  known?: Known | undefined;
}
