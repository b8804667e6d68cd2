// What a seed gives, to the bit: pictures in other light, each with masks of dropout. Pure code, for any runtime.
import { colorShift, shifted } from '../../src/classify/relight.ts';
import { spreadOf } from '../../src/classify/spread.ts';
import { Engine } from '../../src/engine/engine.ts';
import { modelInfoOf } from '../../src/model/header.ts';
import { headerEnd, parseHeader } from '../../src/model/safetensors.ts';
import { PHOTO_COLORS } from '../../src/network/colors.ts';

const SEED = 2012;
const COPIES = 2;
/** Fewer masks than two batches hold, and more than one. */
const PASSES = 18;

const hex = (values: Float32Array) =>
  Array.from(new Uint32Array(values.slice().buffer), (bits) => bits.toString(16).padStart(8, '0')).join('');

/**
 * Logits and probabilities of each pass as hexadecimal bits, then entropy and mutual information with all their digits.
 * @param module the kernels @param file a packed model @param picture u8 RGB of its size
 */
export function seededBits(module: WebAssembly.Module, file: Uint8Array, picture: Uint8Array): string[] {
  const header = parseHeader(file.subarray(0, headerEnd(file)));
  const engine = new Engine(module, modelInfoOf(header));
  engine.weights(0, header.dataBytes).set(file.subarray(header.dataStart));
  const passes = Array.from({ length: COPIES }, (_, copy) =>
    engine
      .runDropped([shifted(picture, colorShift(PHOTO_COLORS, SEED, copy))], { passes: PASSES, seed: SEED })
      .flat(),
  ).flat();
  const { entropy, mutualInformation } = spreadOf(passes.map(({ probabilities }) => probabilities));
  return [
    ...passes.map(({ logits, probabilities }) => `${hex(logits)} ${hex(probabilities)}`),
    `${entropy} ${mutualInformation}`,
  ];
}
