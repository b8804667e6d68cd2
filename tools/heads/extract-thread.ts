// One thread of the extraction: photos in, features of the asked layers out. It decodes as the Worker does.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import * as v from 'valibot';
import { mean, tenCrops } from '../../src/classify/ten-crop.ts';
import { ServiceError } from '../../src/errors.ts';
import { mirrored, quantizeFeatures } from '../../src/heads/features.ts';
import { ImageDecoder } from '../../src/image/decoder.ts';
import { imageLimits } from '../../src/image/limits.ts';
import { openEngine } from '../../weights/packed/engine.ts';
import type { ExtractReply } from './extract.ts';

const root = path.join(import.meta.dirname, '../..');
const Task = v.object({
  model: v.string(),
  layers: v.array(v.string()),
  mirror: v.boolean(),
  float: v.boolean(),
  crops: v.picklist([1, 10]),
});
const Files = v.array(v.string());

async function compiled(file: string): Promise<WebAssembly.Module> {
  // The Worker's types declare the constructor abstract; Node has it.
  return Reflect.construct(WebAssembly.Module, [await readFile(path.join(root, file))]);
}

const { model, layers, mirror, float, crops } = v.parse(Task, workerData);
const engine = await openEngine(model);
const decoder = new ImageDecoder(await compiled('build/decode.wasm'));
const limits = { ...imageLimits({}), bytes: 2 ** 30 };

async function extract(file: string): Promise<Omit<ExtractReply, 'file'>> {
  try {
    const { preprocess } = engine.info;
    const bytes = new Uint8Array(await readFile(file));
    const area = crops === 10 ? 'square' : 'crop';
    const { pixels, size } = await decoder.decode(bytes, { preprocess, limits, exif: 'apply', area });
    if (float) {
      const views = crops === 10 ? [...tenCrops(pixels, size, preprocess.crop)] : [pixels];
      const vectors = engine.activations(views, layers);
      return {
        activations: layers.map((_, at) => mean(vectors.map((view) => view[at] ?? new Float32Array(0)))),
      };
    }
    const views = mirror ? [pixels, mirrored(pixels, size)] : [pixels];
    const activations = engine.activations(views, layers);
    return {
      features: layers.map((_, at) =>
        activations.map((view) => quantizeFeatures(view[at] ?? new Float32Array(0))),
      ),
    };
  } catch (error) {
    if (error instanceof ServiceError) return { problem: error.message };
    if (error instanceof Error && 'code' in error) return { problem: String(error.code) };
    throw error;
  }
}

parentPort?.on('message', async (message: unknown) => {
  for (const file of v.parse(Files, message)) parentPort?.postMessage({ file, ...(await extract(file)) });
});
parentPort?.postMessage('ready');
