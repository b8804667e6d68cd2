// Deep Compression's AlexNet (Han, Mao, Dally, ICLR 2016): pruned weights as codes of a shared codebook, with the gaps
// between them. The file has no signature and no shapes; the network is BVLC's AlexNet. Little-endian:
//   uint32 x 8          number n of stored codes of conv1..conv5, fc6, fc7, fc8
//   then for each layer:
//     float32 x 256|16  codebook: 8-bit codes in convolutions, 4-bit ones in dense layers
//     float32 x outputs bias
//     codes             a byte each, or two a byte, low nibble first
//     gaps              4 bits each, two a byte, low nibble first
// A code belongs `gap` + 1 positions behind the one before it, in (out, in/groups, kh, kw) or (out, in); a longer gap is
// bridged by a stored code 0. Positions without a code have the value of code 0, which is 0 in a pruned layer.
import type { Network } from '../../../src/network/layer.ts';
import { OperatorError } from '../../operator-error.ts';
import { Cursor } from '../cursor.ts';
import type { LoadedFile } from '../loaded-file.ts';
import { denseWeight, permuted } from '../network/canonical.ts';
import { withSwappedInput } from '../network/graph.ts';
import { PREPROCESS } from '../network/preprocess-presets.ts';
import { requireVariant, variantNetwork } from '../network/variants.ts';
import { rangesOf, type StoredTensor, tensorOf, tensorOfLength } from '../stored-tensor.ts';
import { networkShapes, type WeightFile } from '../weight-file.ts';

const GAP_BITS = 4;
const CONV_BITS = 8;
const DENSE_BITS = 4;

interface PackedLayer {
  name: string;
  type: 'conv' | 'dense';
  shape: number[];
  out: number;
  codes: number;
}

/** The layers with weights, and the numbers of codes that the file begins with. */
function layersOf(network: Network, bytes: Buffer): PackedLayer[] {
  const cursor = new Cursor(bytes, 'number of codes');
  return networkShapes(network).flatMap(({ layer, input }) => {
    if (layer.type !== 'conv' && layer.type !== 'dense') return [];
    const { type, name, out } = layer;
    const shape =
      type === 'conv'
        ? [out, input.channels / layer.groups, layer.kernel, layer.kernel]
        : [out, input.height * input.width * input.channels];
    return [{ name, type, shape, out, codes: cursor.u32() }];
  });
}

function sizeOf({ shape }: PackedLayer): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Whether each number of codes is one that its layer can have; the lengths are the reader's to compare. */
export function isDeepCompression(bytes: Buffer, network = variantNetwork('bvlc-alexnet')): boolean {
  if (bytes.length < 64) return false;
  return layersOf(network, bytes).every((layer) => layer.codes >= 1 && layer.codes <= sizeOf(layer));
}

/** Throws OperatorError, naming the layer, where codes, gaps and sizes do not end where the file ends. */
export function readDeepCompression(
  { bytes }: LoadedFile,
  network: Network = variantNetwork('bvlc-alexnet'),
): WeightFile {
  const layers = layersOf(network, bytes);
  let position = layers.length * 4;
  const stored = new Map<string, { weight: StoredTensor; bias: StoredTensor }>();
  for (const layer of layers) {
    const cursor = new Cursor(bytes, layer.name, position);
    stored.set(layer.name, readLayer(cursor, layer));
    position = cursor.position;
  }
  if (position !== bytes.length)
    throw new OperatorError(
      `${layers.at(-1)?.name}: expected the file to end at ${position} bytes, found ${bytes.length}`,
    );
  const tensors = [...stored.values()].flatMap(({ weight, bias }) => [weight, bias]);
  const codes = layers.reduce((sum, layer) => sum + layer.codes, 0);
  return {
    form: 'deep-compression',
    detail: `Deep Compression, ${codes} codes for ${layers.reduce((sum, layer) => sum + sizeOf(layer), 0)} weights`,
    tensors,
    read: (options) => {
      requireVariant('bvlc-alexnet', options.variant);
      const canonical = Object.fromEntries(
        [...stored].map(([name, { weight, bias }]) => [
          name,
          {
            weight:
              weight.shape.length === 4 ? permuted(weight, [0, 1, 2, 3]) : denseWeight(weight, 'out-in'),
            bias: permuted(bias, [0]),
          },
        ]),
      );
      const preprocess = PREPROCESS[options.preprocess ?? 'caffe'];
      return {
        variant: 'bvlc-alexnet',
        network,
        preprocess: {
          ...preprocess,
          mean: [...preprocess.mean],
          std: [...preprocess.std],
          crop: network.input.size,
        },
        layers: preprocess.trainedOn === 'BGR' ? withSwappedInput(network, canonical) : canonical,
      };
    },
  };
}

function readLayer(cursor: Cursor, layer: PackedLayer): { weight: StoredTensor; bias: StoredTensor } {
  const { name, shape, out, codes: count } = layer;
  const bits = layer.type === 'conv' ? CONV_BITS : DENSE_BITS;
  const codebook = cursor.take(4 * 2 ** bits);
  const bias = tensorOf(`${name}.bias`, [out], 'F32', cursor.take(4 * out));
  const codes = cursor.take(Math.ceil((count * bits) / 8));
  const gaps = cursor.take(Math.ceil((count * GAP_BITS) / 8));
  const size = sizeOf(layer);
  const place = placeOf(gaps, count);
  if (place >= size)
    throw new OperatorError(`${name}: expected codes for ${size} weights, found one at position ${place}`);
  const open = () => rangesOf(expand(codebook, codes, bits, gaps, count, size));
  return { weight: tensorOfLength(`${name}.weight`, shape, 'F32', 4 * size, open), bias };
}

function nibble(bytes: Uint8Array, index: number): number {
  const byte = bytes[index >> 1] as number;
  return index & 1 ? byte >> 4 : byte & 15;
}

/** Position of the last code. */
function placeOf(gaps: Uint8Array, count: number): number {
  let position = -1;
  for (let i = 0; i < count; i++) position += nibble(gaps, i) + 1;
  return position;
}

/** The layer's weights as the bytes of float32. */
function expand(
  codebook: Buffer,
  codes: Uint8Array,
  bits: number,
  gaps: Uint8Array,
  count: number,
  size: number,
): Uint8Array {
  const values = Float32Array.from({ length: 2 ** bits }, (_, code) => codebook.readFloatLE(4 * code));
  const weights = new Float32Array(size).fill(values[0] as number);
  let position = -1;
  for (let i = 0; i < count; i++) {
    position += nibble(gaps, i) + 1;
    weights[position] = values[bits === CONV_BITS ? (codes[i] as number) : nibble(codes, i)] as number;
  }
  return new Uint8Array(weights.buffer);
}
