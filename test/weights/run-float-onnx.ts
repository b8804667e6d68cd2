// The witness: onnxruntime-web runs the float network from an ONNX file that the encoder wrote.
import * as ort from 'onnxruntime-web';
import { encodeOnnx, LOGITS } from '../../tools/fixtures/encode-onnx.ts';
import { frameworkInput, type TrainedModel } from '../../tools/fixtures/trained-model.ts';

ort.env.wasm.numThreads = 1;

/** Logits of each picture (u8 RGB), float32. */
export async function runFloatOnnx(model: TrainedModel, pictures: Uint8Array[]): Promise<Float32Array[]> {
  const session = await ort.InferenceSession.create(encodeOnnx(model));
  const size = model.network.input.size;
  const logits: Float32Array[] = [];
  for (const picture of pictures) {
    const input = new ort.Tensor('float32', frameworkInput(picture, model), [1, 3, size, size]);
    const result = await session.run({ data_0: input });
    logits.push(Float32Array.from(result[LOGITS]?.data as Float32Array));
  }
  await session.release();
  return logits;
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
