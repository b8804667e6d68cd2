// The package's `./testing`: a packed model of 100 kB that runs like a large one, for tests of what is built on it. Its
// weights are seeded random numbers, so it says the same of a photo in every run, and nothing that means anything.
import { Engine } from '../engine/engine.ts';
import { joined } from '../isolate/byte-source.ts';
import { sha256Hex } from '../model/checksum.ts';
import { encodeHeader } from '../model/safetensors.ts';
import { MODEL_FORMAT, type ModelInfo, writeModelInfo } from '../network/model-info.ts';
import { Xoshiro128 } from '../random/xoshiro.ts';
import { TINY_NETWORK } from './tiny-network.ts';
import { kernelsModule } from './wasm-modules.ts';

const CLASSES = 10;
const SEED = 2012;

/** One tensor's bytes: weights of -127..127, biases about 0, scales that keep activations about 1. */
function tensorBytes(name: string, dtype: string, shape: readonly number[], next: () => number): Uint8Array {
  const count = shape.reduce((product, extent) => product * extent, 1);
  if (dtype === 'I8') return new Uint8Array(Int8Array.from({ length: count }, () => next() * 127).buffer);
  const value = name.endsWith('scale') ? () => 0.0005 * (1.5 + next()) : () => 0.1 * next();
  return new Uint8Array(Float32Array.from({ length: count }, value).buffer);
}

/** The file of a model named `tiny`: ten classes, pictures of 67 pixels. */
export async function tinyModel(): Promise<Uint8Array> {
  const random = Xoshiro128.seeded(SEED);
  const next = () => 2 * random.fraction() - 1;
  const info: ModelInfo = {
    format: MODEL_FORMAT,
    name: 'tiny',
    tiles: Engine.tiles(await kernelsModule()),
    network: TINY_NETWORK,
    preprocess: {
      resize: 'shorter-side',
      resizeTo: 80,
      crop: 67,
      mean: [124, 116, 104],
      std: [58, 57, 57],
      trainedOn: 'RGB',
    },
    labels: Array.from({ length: CLASSES }, (_, i) => ({ words: `class ${i}` })),
    source: { from: 'random numbers', sha256: '0'.repeat(64), licence: 'MIT' },
    sha256: '0'.repeat(64),
  };
  const tensors = Engine.tensors(info);
  const parts = tensors.map(({ name, dtype, shape }) => tensorBytes(name, dtype, shape, next));
  const data = joined(parts);
  const sha256 = await sha256Hex(data);
  const header = encodeHeader(writeModelInfo({ ...info, sha256 }), tensors);
  return joined([header, data]);
}
