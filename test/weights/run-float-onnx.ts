// The witness: onnxruntime-web runs the float network from an ONNX file that the encoder wrote, or a file itself.
import * as ort from 'onnxruntime-web';
import { encodeOnnx, LOGITS } from '../../tools/fixtures/encode-onnx.ts';
import { frameworkInput, type TrainedModel } from '../../tools/fixtures/trained-model.ts';

ort.env.wasm.numThreads = 1;

/** What a graph is fed for a picture u8 RGB: f32 [3][size][size]. */
export type Feed = (picture: Uint8Array, model: TrainedModel) => Float32Array;

/** Logits of each picture (u8 RGB), float32, by a graph of the model's size. @param input its input's name */
export async function runGraph(
  content: Uint8Array,
  input: string,
  model: TrainedModel,
  pictures: Uint8Array[],
  feed: Feed = frameworkInput,
): Promise<Float32Array[]> {
  const session = await ort.InferenceSession.create(content);
  const { size } = model.network.input;
  const logits: Float32Array[] = [];
  for (const picture of pictures) {
    const values = new ort.Tensor('float32', feed(picture, model), [1, 3, size, size]);
    const result = await session.run({ [input]: values });
    logits.push(Float32Array.from(result[LOGITS]?.data as Float32Array));
  }
  await session.release();
  return logits;
}

/** Logits of each picture (u8 RGB), float32. */
export async function runFloatOnnx(
  model: TrainedModel,
  pictures: Uint8Array[],
  feed?: Feed,
): Promise<Float32Array[]> {
  return runGraph(encodeOnnx(model), 'data_0', model, pictures, feed);
}

export function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  a.forEach((value, i) => {
    const other = b[i] as number;
    dot += value * other;
    aa += value * value;
    bb += other * other;
  });
  return dot / Math.sqrt(aa * bb);
}

export function argmax(values: Float32Array): number {
  return values.indexOf(values.reduce((best, value) => Math.max(best, value), -Infinity));
}
