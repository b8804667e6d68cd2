// All peers that are installed, on the weights of the packed model.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Engine } from '../../../src/engine/engine.ts';
import { encodeOnnx } from '../../fixtures/encode-onnx.ts';
import type { Contender } from '../contender.ts';
import { dequantize } from './dequantized.ts';
import { type OrtPackage, openOrt } from './onnxruntime.ts';
import { encodeQdqOnnx } from './qdq-onnx.ts';
import { openTensorflow } from './tensorflow.ts';

export interface Peers {
  contenders: Contender[];
  /** Names of those that are not installed. */
  missing: string[];
  /** The ONNX files, float and int8. */
  onnx: [string, string];
}

/** Largest output of every layer over the pictures, as our engine computes it. */
export function largestOutputs(engine: Engine, pictures: readonly Uint8Array[]): Map<string, number> {
  const largest = new Map<string, number>();
  engine.run(pictures, ({ layer }, _, read) => {
    const max = read().reduce((most, value) => Math.max(most, value), largest.get(layer.name) ?? 0);
    largest.set(layer.name, max);
  });
  return largest;
}

/** @param step called before each step, for the progress bar */
export async function openPeers(
  engine: Engine,
  calibration: readonly Uint8Array[],
  step: (done: number, total: number) => void,
): Promise<Peers> {
  const folder = path.join(import.meta.dirname, '../../../build/bench');
  await mkdir(folder, { recursive: true });
  const onnx: [string, string] = [path.join(folder, 'f32.onnx'), path.join(folder, 'int8.onnx')];
  const total = 7;
  step(0, total);
  const model = dequantize(engine);
  const f32 = encodeOnnx(model);
  await writeFile(onnx[0], f32);
  step(1, total);
  const int8 = encodeQdqOnnx(model, largestOutputs(engine, calibration));
  await writeFile(onnx[1], int8);
  step(2, total);
  const packages: [OrtPackage, string, Uint8Array][] = [
    ['onnxruntime-web', 'ort-web-f32', f32],
    ['onnxruntime-web', 'ort-web-int8', int8],
    ['onnxruntime-node', 'ort-node-f32', f32],
    ['onnxruntime-node', 'ort-node-int8', int8],
  ];
  const contenders: Contender[] = [];
  const missing: string[] = [];
  const add = (name: string, contender: Contender | undefined) => {
    if (contender) contenders.push(contender);
    else missing.push(name);
    step(contenders.length + missing.length + 2, total);
  };
  for (const [packageName, name, file] of packages) add(name, await openOrt(packageName, name, file));
  add('tfjs-wasm-f32', await openTensorflow(model));
  return { contenders, missing, onnx };
}
