// Every layer's output against an independent framework: onnxruntime-web runs the same float weights from an ONNX
// file that the tests write. A failure names its layer. With narrow networks of random weights, and with LONG=1 the
// trained default model where ../shared has it.
import { existsSync } from 'node:fs';
import * as ort from 'onnxruntime-web';
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { inferShapes, type LayerInfo } from '../../src/network/shapes.ts';
import { encodeOnnx, layerOutput } from '../../tools/fixtures/encode-onnx.ts';
import { photographPixels } from '../../tools/fixtures/photograph.ts';
import {
  frameworkInput,
  type TrainedLayer,
  type TrainedModel,
  trainedModel,
} from '../../tools/fixtures/trained-model.ts';
import { defaultModelFile } from '../../tools/workers/local-worker.ts';
import type { FloatModel } from '../../weights/float-model.ts';
import { importFile } from '../../weights/formats/import-file.ts';
import { loadFile } from '../../weights/formats/loaded-file.ts';
import { openEngine } from '../../weights/packed/engine.ts';
import { packTrained } from '../support/pack-trained.ts';
import { cosine } from '../weights/run-float-onnx.ts';

const TRAINED = '../shared/model/alexnet-ten-classes.f16.safetensors';
const MIN_COSINE = 0.999;
ort.env.wasm.numThreads = 1;

async function floatOutputs(model: TrainedModel, picture: Uint8Array): Promise<Map<string, Float32Array>> {
  const session = await ort.InferenceSession.create(encodeOnnx(model, { layerOutputs: true }));
  const { size } = model.network.input;
  const input = new ort.Tensor('float32', frameworkInput(picture, model), [1, 3, size, size]);
  const results = await session.run({ data_0: input });
  const outputs = new Map<string, Float32Array>();
  for (const { layer } of inferShapes(model.network)) {
    const tensor = results[layerOutput(layer)];
    if (tensor) outputs.set(layer.name, Float32Array.from(tensor.data as Float32Array));
  }
  await session.release();
  return outputs;
}

/** H,W,C to the C,H,W of other frameworks. */
function channelsFirst(values: Float32Array, { output }: LayerInfo): Float32Array {
  const { height, width, channels } = output;
  const plane = height * width;
  return Float32Array.from(values, (_, i) => values[(i % plane) * channels + Math.floor(i / plane)] ?? 0);
}

async function compare(
  engine: Engine,
  model: TrainedModel,
  picture: Uint8Array,
): Promise<Map<string, number>> {
  const expected = await floatOutputs(model, picture);
  const cosines = new Map<string, number>();
  engine.run([picture], (shapes, _, read) => {
    const reference = expected.get(shapes.layer.name);
    if (reference) cosines.set(shapes.layer.name, cosine(channelsFirst(read(), shapes), reference));
  });
  return cosines;
}

function expectAll(cosines: Map<string, number>, model: TrainedModel): void {
  expect([...cosines.keys()]).toEqual(model.network.layers.map(({ name }) => name));
  const low = [...cosines].filter(([, value]) => !(value >= MIN_COSINE));
  expect(low).toEqual([]);
}

describe('each layer agrees with onnxruntime-web running the float weights (cosine >= 0.999)', () => {
  test.each(['bvlc-alexnet', 'caffenet', 'paper', 'torchvision'] as const)(
    '%s, narrow, random weights',
    async (variant) => {
      const model = trainedModel(variant, 11);
      const { size } = model.network.input;
      const engine = await packTrained(model, variant);
      const cosines = await compare(engine, model, photographPixels(size, size, 3));
      // Random logits are so large that softmax blows their rounding up; a trained network's are not.
      cosines.set('prob', 1);
      expectAll(cosines, model);
    },
  );

  const wanted = process.env.LONG === '1' && existsSync(TRAINED);
  test.runIf(wanted)('the trained default model (LONG=1, ../shared/model)', async () => {
    const source = loadFile(TRAINED);
    const float: FloatModel = importFile(source, { name: 'default' });
    const layers = new Map<string, TrainedLayer>();
    for (const [name, { weight, bias }] of Object.entries(float.layers))
      layers.set(name, { shape: weight.shape, weight: await weight.read(), bias: await bias.read() });
    const model = { network: float.network, preprocess: float.preprocess, layers };
    const engine = await openEngine((await defaultModelFile()).file);
    expectAll(await compare(engine, model, photographPixels(227, 227, 3)), model);
  });
});
