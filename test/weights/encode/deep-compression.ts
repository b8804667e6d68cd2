// Deep Compression's file from codes: one number per weight (0 for a pruned one), a codebook, a bias. Written from the
// description of the form alone, entry by entry.
import { concat, type Part } from '../../../tools/fixtures/encode-protobuf.ts';

export interface CodedLayer {
  name: string;
  /** 256 values for a convolution, 16 for a dense layer; codebook[0] is the pruned weights' value. */
  codebook: Float32Array;
  bias: Float32Array;
  /** One code for each weight, in Caffe's order. */
  codes: Uint8Array;
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
