// A model of 4-bit dense layers with the same weights in 8 bits: each code is replaced by what its codebook says, so that
// the logits are the same bits and only the bytes differ.
import { Engine } from '../../../src/engine/engine.ts';
import { CODE_LINE, packedTensors, tensorBytes } from '../../../src/engine/weights.ts';
import type { ModelInfo } from '../../../src/network/model-info.ts';
import { elements } from '../../../src/network/shapes.ts';
import { kernelsModule } from '../../../weights/packed/engine.ts';

/** [outputs / 16][inputs / 8][64 bytes] of codes -> i8 [inputs][outputs], outputs padded. */
function rowsOf(codes: Uint8Array, codebook: Int8Array, inputs: number, outputs: number): Int8Array {
  const lines = Math.ceil(inputs / CODE_LINE.inputs);
  const rows = new Int8Array(inputs * outputs);
  for (let o = 0; o < outputs; o++) {
    const block = Math.floor(o / CODE_LINE.outputs) * lines * CODE_LINE.bytes + (o % CODE_LINE.outputs) * 4;
    for (let k = 0; k < inputs; k++) {
      const pair = codes[block + Math.floor(k / CODE_LINE.inputs) * CODE_LINE.bytes + (k & 3)] ?? 0;
      rows[k * outputs + o] = codebook[(k & 4) === 0 ? pair & 15 : pair >> 4] ?? 0;
    }
  }
  return rows;
}

/** Undefined where the model has no layer of 4 bits. */
export function inEightBits(engine: Engine): Engine | undefined {
  const { info } = engine;
  const network: ModelInfo['network'] = {
    ...info.network,
    layers: info.network.layers.map((layer) => {
      if (layer.type !== 'dense') return layer;
      const { bits: _, ...rest } = layer;
      return rest;
    }),
  };
  if (JSON.stringify(network) === JSON.stringify(info.network)) return undefined;
  const copy = new Engine(kernelsModule(), { ...info, network });
  let from = 0;
  let to = 0;
  for (const shapes of engine.layers) {
    const { layer, input } = shapes;
    const tensors = packedTensors(shapes, info.tiles).map((tensor) => {
      const bytes = engine.weights(from, tensorBytes(tensor));
      from += bytes.byteLength;
      return bytes;
    });
    if (layer.type === 'dense' && layer.bits === 4) {
      const [codes = new Uint8Array(), codebook = codes] = tensors;
      const outputs = Math.ceil(layer.out / CODE_LINE.outputs) * CODE_LINE.outputs;
      const rows = rowsOf(codes, new Int8Array(codebook), elements(input), outputs);
      tensors.splice(0, 2, new Uint8Array(rows.buffer));
    }
    for (const bytes of tensors) {
      copy.weights(to, bytes.byteLength).set(bytes);
      to += bytes.byteLength;
    }
  }
  return copy;
}
