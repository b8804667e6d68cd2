// One thread of `verify`: the float network over shared weights, and a packed engine of its own, photo by photo.
import { parentPort, workerData } from 'node:worker_threads';
import type { Network } from '../src/network/layer.ts';
import type { Preprocess } from '../src/network/preprocess.ts';
import { comparePhoto } from './compare.ts';
import { FloatForward, type LoadedLayer } from './float-forward.ts';
import { OperatorError } from './operator-error.ts';
import { openEngine } from './packed/engine.ts';

export interface ThreadTask {
  packed: string;
  network: Network;
  preprocess: Preprocess;
  /** In shared memory. */
  layers: Map<string, LoadedLayer>;
  /** f32 [3][size][size] of a model with a mean image. */
  meanPixels: Float32Array | undefined;
}

const { packed, layers, ...rest }: ThreadTask = workerData;
const float = new FloatForward({ ...rest, layer: (name) => layers.get(name) });
const engine = await openEngine(packed);

parentPort?.on('message', async (photo: string) => {
  try {
    parentPort?.postMessage({ photo, compared: await comparePhoto(engine, float, photo) });
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    parentPort?.postMessage({ photo, error: error.message });
  }
});
parentPort?.postMessage({ ready: true });
