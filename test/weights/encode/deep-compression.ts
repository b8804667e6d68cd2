// Deep Compression's file from codes: one number per weight (0 for a pruned one), a codebook, a bias. Written from the
// description of the form alone, entry by entry.
import type { Network } from '../../../src/network/layer.ts';
import { inferShapes } from '../../../src/network/shapes.ts';
import { concat, type Part } from '../../../tools/fixtures/encode-protobuf.ts';
import { randomNumbers } from '../../../tools/fixtures/random.ts';

export interface CodedLayer {
  name: string;
  /** 256 values for a convolution, 16 for a dense layer; codebook[0] is the pruned weights' value. */
  codebook: Float32Array;
  bias: Float32Array;
  /** One code for each weight, in Caffe's order. */
  codes: Uint8Array;
}

/** Share of the weights that is not pruned, as the paper has it (Han, Mao, Dally 2016). */
const KEPT: Record<string, number> = {
  conv1: 0.84,
  conv2: 0.38,
  conv3: 0.35,
  conv4: 0.37,
  conv5: 0.37,
  fc6: 0.09,
  fc7: 0.09,
  fc8: 0.25,
};
/** Random codes of the paper's density, with codebooks of which networks of this shape keep their range. */
export function codedLayers(network: Network, seed: number): CodedLayer[] {
  const next = randomNumbers(seed);
  return inferShapes(network).flatMap(({ layer, input, parameters }) => {
    if (layer.type !== 'conv' && layer.type !== 'dense') return [];
    const values = layer.type === 'conv' ? 256 : 16;
    const fanIn =
      layer.type === 'conv' ? (input.channels / layer.groups) * layer.kernel ** 2 : parameters / layer.out;
    const codebook = Float32Array.from({ length: values }, (_, code) =>
      code === 0 ? 0 : (next() - 0.5) * Math.sqrt(12 / fanIn),
    );
    const kept = KEPT[layer.name] ?? 1;
    // Plain loops: 61 million weights at the published size.
    const codes = new Uint8Array(parameters - layer.out);
    for (
      let at = Math.floor(next() / kept);
      at < codes.length;
      at += 1 + Math.floor((next() * 2 * (1 - kept)) / kept)
    )
      codes[at] = 1 + Math.floor(next() * (values - 1));
    return [
      {
        name: layer.name,
        codebook,
        bias: Float32Array.from({ length: layer.out }, () => next() - 0.5),
        codes,
      },
    ];
  });
}

/** The stored codes and the gaps in front of them; a gap of more than 15 is bridged by codes 0. */
function sparse(codes: Uint8Array): { stored: number[]; gaps: number[] } {
  const stored: number[] = [];
  const gaps: number[] = [];
  let zeros = 0;
  for (const code of codes) {
    if (code === 0 && zeros < 15) {
      zeros++;
      continue;
    }
    stored.push(code);
    gaps.push(zeros);
    zeros = 0;
  }
  return { stored, gaps };
}

function nibbles(values: number[]): Part {
  const bytes = new Uint8Array(Math.floor((values.length - 1) / 2) + 1);
  values.forEach((value, i) => {
    bytes[Math.floor(i / 2)] = (bytes[Math.floor(i / 2)] ?? 0) + value * (i % 2 === 0 ? 1 : 16);
  });
  return bytes;
}

const floats = (values: Float32Array): Part => new Uint8Array(values.slice().buffer);

export function encodeDeepCompression(layers: CodedLayer[]): Part {
  const packed = layers.map((layer) => ({ ...layer, ...sparse(layer.codes) }));
  return concat(
    new Uint8Array(Uint32Array.from(packed, ({ stored }) => stored.length).buffer),
    ...packed.flatMap(({ codebook, bias, stored, gaps }) => [
      floats(codebook),
      floats(bias),
      codebook.length === 256 ? Uint8Array.from(stored) : nibbles(stored),
      nibbles(gaps),
    ]),
  );
}
