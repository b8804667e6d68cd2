// What a reader hands over: what the file holds, for `inspect`, and how to make a network of it.
import type { Network } from '../../src/network/layer.ts';
import type { Label, Preprocess } from '../../src/network/preprocess.ts';
import type { FloatLayer } from '../float-model.ts';
import type { PreprocessName } from './preprocess-presets.ts';
import type { StoredTensor } from './stored-tensor.ts';
import type { VariantName } from './variants.ts';

export interface Draft {
  network: Network;
  /** Undefined for a network that is none of the known ones. */
  variant: VariantName | undefined;
  /** Canonical, but the first convolution still reads the channels in the order of training. */
  layers: Record<string, FloatLayer>;
  /** What the file itself says of the input, or the name of what such files are trained with. */
  preprocess: Preprocess | PreprocessName;
  /** Where the file holds them. */
  labels?: Label[];
  /** One line each: what was taken otherwise than the file has it. */
  notes: string[];
}

export interface WeightsFile {
  /** In words: "safetensors", "caffemodel (V1)". */
  form: string;
  tensors: StoredTensor[];
  /**
   * The network that the weights belong to. `variant` decides where the file leaves it open; where the file
   * says it, another one is refused. Throws ImportError.
   */
  draft(variant: VariantName | undefined): Draft;
}
