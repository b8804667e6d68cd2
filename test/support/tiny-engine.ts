// The tiny model as a running engine in Node, and its float weights.
import path from 'node:path';
import { Engine } from '../../src/engine/engine.ts';
import { modelInfoOf } from '../../src/model/header.ts';
import { headerEnd, parseHeader } from '../../src/model/safetensors.ts';
import { kernelsModule } from './kernel-builds.ts';
import { packTinyModel, tinyModel } from './tiny-model.ts';

export async function tinyEngine(build = 'relaxed'): Promise<Engine> {
  const bytes = await packTinyModel(path.join(import.meta.dirname, '../..'));
  const header = parseHeader(bytes.subarray(0, headerEnd(bytes)));
  const engine = new Engine(kernelsModule(build), modelInfoOf(header));
  engine.weights(0, header.dataBytes).set(bytes.subarray(header.dataStart));
  return engine;
}

/** Float weights of a layer, row by row, and its biases. */
export async function floatLayer(name: string): Promise<{ weight: Float32Array; bias: Float32Array }> {
  const layer = tinyModel().layers[name];
  if (!layer) throw new Error(`no layer ${name}`);
  return { weight: await layer.weight.read(), bias: await layer.bias.read() };
}
