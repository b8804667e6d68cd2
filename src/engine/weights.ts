// Where the tensors of a packed model lie. A layer `conv1` has three: `conv1.weight` (i8, in the kernels' layout),
// `conv1.scale` and `conv1.bias` (f32, one per output, padded to a multiple of 16), and `conv1.map` where the model has a
// mean image. They are the data section of
// the model file, byte for byte. A dense layer of 4 bits has `fc6.codebook` (i8 [64], of which 16 count) after its weight.
import type { Tiles } from '../network/model-info.ts';
import type { LayerInfo } from '../network/shapes.ts';
import { elements, NetworkError } from '../network/shapes.ts';

/** Addresses in linear memory. */
export interface LayerWeights {
  weight: number;
  /** Of layers of 4 bits; else 0. */
  codebook: number;
  scale: number;
  bias: number;
  /** Of a layer with a mean map; else 0. */
  map: number;
}

export interface PackedTensor {
  name: string;
  dtype: 'I8' | 'U8' | 'F32';
  shape: number[];
}

/** Per-output vectors are padded so that every tensor of the file starts at a multiple of 64 bytes. */
const VECTOR_BLOCK = 16;

/** Inputs and outputs of one line of 4-bit codes, drawn in assembly/kernels/dense-codes.ts: 64 bytes. */
export const CODE_LINE = { inputs: 8, outputs: 16, bytes: 64 };

export function tensorBytes({ dtype, shape }: PackedTensor): number {
  return shape.reduce((product, size) => product * size, dtype === 'F32' ? 4 : 1);
}

function ceilTo(value: number, block: number): number {
  return Math.ceil(value / block) * block;
}

/** The tensors that a packed file has for this layer, in file order; none for layers without weights. */
export function packedTensors({ layer, input, output }: LayerInfo, tiles: Tiles): PackedTensor[] {
  if (layer.type !== 'conv' && layer.type !== 'dense') return [];
  const outputs = ceilTo(layer.out, VECTOR_BLOCK);
  const vectors: PackedTensor[] = [
    { name: `${layer.name}.scale`, dtype: 'F32', shape: [outputs] },
    { name: `${layer.name}.bias`, dtype: 'F32', shape: [outputs] },
  ];
  const name = `${layer.name}.weight`;
  if (layer.type === 'dense' && layer.bits === 4)
    return [
      {
        name,
        dtype: 'U8',
        shape: [
          Math.ceil(layer.out / CODE_LINE.outputs),
          Math.ceil(elements(input) / CODE_LINE.inputs),
          CODE_LINE.bytes,
        ],
      },
      { name: `${layer.name}.codebook`, dtype: 'I8', shape: [CODE_LINE.bytes] },
      ...vectors,
    ];
  if (layer.type === 'dense')
    return [{ name, dtype: 'I8', shape: [elements(input), ceilTo(layer.out, tiles.denseBlock)] }, ...vectors];
  const groupOut = layer.out / layer.groups;
  if (groupOut % tiles.convBlock !== 0)
    throw new NetworkError(
      `layer ${layer.name}: expected a multiple of ${tiles.convBlock} output channels per group, got ${groupOut}`,
    );
  const run = ceilTo(layer.kernel * (input.channels / layer.groups), tiles.kStep);
  const steps = (layer.kernel * run) / tiles.kStep;
  return [
    {
      name,
      dtype: 'I8',
      shape: [layer.out / tiles.convBlock, steps, tiles.convBlock, tiles.kStep],
    },
    ...vectors,
    ...(layer.meanMap
      ? [
          {
            name: `${layer.name}.map`,
            dtype: 'F32' as const,
            shape: [ceilTo(elements(output), VECTOR_BLOCK)],
          },
        ]
      : []),
  ];
}
