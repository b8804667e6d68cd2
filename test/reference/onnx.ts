// The independent witness for a whole network: onnxruntime-web runs an ONNX file written from a FloatModel, with every
// layer's output as an output of the graph. Float32, one thread. It shares nothing with the engine but the layer list.
import * as ort from 'onnxruntime-web';
import { inferShapes, type LayerInfo } from '../../src/network/shapes.ts';
import { encodeOnnx, layerOutput } from '../../tools/fixtures/encode-onnx.ts';
import { frameworkInput, type TrainedModel } from '../../tools/fixtures/trained-model.ts';
import type { FloatModel } from '../../weights/float-model.ts';

ort.env.wasm.numThreads = 1;

/** Reads all weights: the canonical form is that of a network trained on RGB. */
async function loaded({ network, preprocess, layers }: FloatModel): Promise<TrainedModel> {
  const trained: TrainedModel = {
    network,
    preprocess: { ...preprocess, trainedOn: 'RGB' },
    layers: new Map(),
  };
  for (const [name, { weight, bias }] of Object.entries(layers))
    trained.layers.set(name, { shape: weight.shape, weight: await weight.read(), bias: await bias.read() });
  return trained;
}

export class OnnxReference {
  readonly layers: LayerInfo[];
  readonly #session: ort.InferenceSession;
  readonly #model: TrainedModel;

  private constructor(session: ort.InferenceSession, model: TrainedModel) {
    this.#session = session;
    this.#model = model;
    this.layers = inferShapes(model.network);
  }

  static async create(model: FloatModel): Promise<OnnxReference> {
    const trained = await loaded(model);
    const session = await ort.InferenceSession.create(encodeOnnx(trained, { layerOutputs: true }));
    return new OnnxReference(session, { ...trained, layers: new Map() });
  }

  /**
   * Output of every layer by name, f32 in height, width, channel order (the engine's Observer has the same), for a
   * picture u8 RGB [size][size][3].
   */
  async run(picture: Uint8Array): Promise<Map<string, Float32Array>> {
    const { size } = this.#model.network.input;
    const data_0 = new ort.Tensor('float32', frameworkInput(picture, this.#model), [1, 3, size, size]);
    const results = await this.#session.run({ data_0 });
    return new Map(
      this.layers.map(({ layer, output: { height, width, channels } }) => {
        const values = results[layerOutput(layer)]?.data as Float32Array;
        const plane = height * width;
        const hwc = Float32Array.from(
          { length: plane * channels },
          (_, i) => values[(i % channels) * plane + Math.floor(i / channels)] as number,
        );
        return [layer.name, hwc];
      }),
    );
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}
