// Compares a packed model with its float source on photos, on all cores: classes, probabilities, every layer's output,
// and accuracy where the photos' classes are known. The float weights are in memory once, shared by the threads.
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Network } from '../src/network/layer.ts';
import type { Compared } from './compare.ts';
import type { LoadedLayer } from './float-forward.ts';
import type { FloatModel } from './float-model.ts';
import { OperatorError } from './operator-error.ts';
import { readPackedFile } from './packed/file.ts';
import { classOf } from './photos.ts';
import type { ThreadTask } from './verify-thread.ts';

export interface LayerAgreement {
  layer: string;
  /** Cosine of the outputs, over the photos. */
  mean: number;
  worst: number;
}

export interface Accuracy {
  /** Photos whose class is known. */
  photos: number;
  float: { top1: number; top5: number };
  packed: { top1: number; top5: number };
}

export interface Verification {
  photos: number;
  /** Share of photos with the same most probable class. */
  agreement: number;
  /** Largest difference of a probability on a photo: its mean over the photos, and the worst photo's. */
  meanDifference: number;
  worstDifference: number;
  layers: LayerAgreement[];
  accuracy?: Accuracy;
}

export interface VerifyOptions {
  /** File name -> synset or index; else the photo's folder says its class. */
  truth?: ReadonlyMap<string, string> | undefined;
  threads?: number;
  progress?: (done: number, total: number) => void;
}

/** All weights as float32 in shared memory: 244 MB for AlexNet. */
export async function loadWeights(model: FloatModel): Promise<Map<string, LoadedLayer>> {
  const shared = async (tensor: { read(): Promise<Float32Array> }): Promise<Float32Array> => {
    const values = await tensor.read();
    const copy = new Float32Array(new SharedArrayBuffer(values.byteLength));
    copy.set(values);
    return copy;
  };
  const layers = new Map<string, LoadedLayer>();
  for (const [name, { weight, bias }] of Object.entries(model.layers))
    layers.set(name, { weight: await shared(weight), bias: await shared(bias) });
  return layers;
}

/** @param packed path of the packed file. Throws OperatorError where the two are not the same network. */
export async function verify(
  packed: string,
  source: FloatModel,
  photos: string[],
  { truth, threads = availableParallelism(), progress }: VerifyOptions = {},
): Promise<Verification> {
  const { info } = await readPackedFile(packed);
  if (layersOf(info.network) !== layersOf(source.network))
    throw new OperatorError(
      'network: expected the same layers in the packed model and its source, found others',
    );
  const { network, preprocess } = source;
  const task: ThreadTask = {
    packed,
    network,
    preprocess,
    layers: await loadWeights(source),
    meanPixels: await source.meanImage?.read(),
  };
  const compared = await compareAll(task, photos, Math.min(threads, photos.length), progress);
  const differences = compared.map(({ difference }) => difference);
  const accuracy = accuracyOf(
    compared,
    photos.map((photo) => classOf(photo, info.labels, truth)),
  );
  return {
    photos: photos.length,
    agreement: mean(compared.map(({ float, packed: own }) => (float[0] === own[0] ? 1 : 0))),
    meanDifference: mean(differences),
    worstDifference: Math.max(...differences),
    layers: info.network.layers.map(({ name }, index) => {
      const values = compared.map(({ cosines }) => cosines[index] as number);
      return { layer: name, mean: mean(values), worst: Math.min(...values) };
    }),
    ...(accuracy ? { accuracy } : {}),
  };
}

type Message = { ready: true } | { photo: string; compared?: Compared; error?: string };

/** Each thread asks for the next photo when it is ready for it. */
async function compareAll(
  task: ThreadTask,
  photos: string[],
  threads: number,
  progress: VerifyOptions['progress'],
): Promise<Compared[]> {
  const results = new Map<string, Compared>();
  let next = 0;
  const runs = Array.from({ length: threads }, () => {
    const worker = new Worker(path.join(import.meta.dirname, 'verify-thread.ts'), { workerData: task });
    return new Promise<void>((resolve, reject) => {
      worker.on('error', reject);
      worker.on('message', (message: Message) => {
        if ('photo' in message) {
          if (!message.compared) return reject(new OperatorError(message.error ?? 'verify: a thread failed'));
          results.set(message.photo, message.compared);
          progress?.(results.size, photos.length);
        }
        const photo = photos[next++];
        if (photo === undefined) resolve();
        else worker.postMessage(photo);
        return undefined;
      });
    }).finally(() => worker.terminate());
  });
  await Promise.all(runs);
  return photos.map((photo) => results.get(photo) as Compared);
}

function accuracyOf(compared: Compared[], classes: (number | undefined)[]): Accuracy | undefined {
  const known = compared.flatMap((each, i) =>
    classes[i] === undefined ? [] : [{ ...each, is: classes[i] }],
  );
  if (known.length === 0) return undefined;
  const share = (of: 'float' | 'packed', count: number) =>
    mean(known.map((each) => (each[of].slice(0, count).includes(each.is as number) ? 1 : 0)));
  return {
    photos: known.length,
    float: { top1: share('float', 1), top5: share('float', 5) },
    packed: { top1: share('packed', 1), top5: share('packed', 5) },
  };
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The layers as text, however their weights are stored. */
function layersOf(network: Network): string {
  return JSON.stringify(network, (key, value) => (key === 'bits' || key === 'meanMap' ? undefined : value));
}
