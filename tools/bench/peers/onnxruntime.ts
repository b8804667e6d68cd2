// onnxruntime-web (WebAssembly) and onnxruntime-node (native), one thread each, on an ONNX file in memory.

import { LOGITS } from '../../fixtures/encode-onnx.ts';
import { type Contender, PEERS_COMMAND } from '../contender.ts';
import { planarInput } from './dequantized.ts';

/** The part of both packages that the bench uses (they share onnxruntime-common's interface). */
interface OrtTensor {
  data: Float32Array;
}
interface OrtSession {
  run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
  release(): Promise<void>;
}
interface Ort {
  env: { wasm: { numThreads?: number }; versions: { common: string }; logLevel?: string };
  InferenceSession: {
    create(model: Uint8Array, options: Record<string, unknown>): Promise<OrtSession>;
  };
  Tensor: new (type: 'float32', data: Float32Array, shape: number[]) => OrtTensor;
}

export type OrtPackage = 'onnxruntime-web' | 'onnxruntime-node';

/** Undefined where the package is not installed. */
async function importOrt(name: OrtPackage): Promise<Ort | undefined> {
  try {
    const loaded: { default: Ort } & Ort = await import(name);
    return loaded.InferenceSession ? loaded : loaded.default;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw new Error(`${name}: ${(error as Error).message}; ${PEERS_COMMAND}`, { cause: error });
  }
}

/** Undefined where the package is not installed. */
export async function openOrt(
  packageName: OrtPackage,
  name: string,
  model: Uint8Array,
): Promise<Contender | undefined> {
  const ort = await importOrt(packageName);
  if (!ort) return undefined;
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [packageName === 'onnxruntime-web' ? 'wasm' : 'cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
  return {
    name,
    detail: `${packageName} ${ort.env.versions.common}`,
    forward(picture) {
      const size = Math.sqrt(picture.length / 3);
      const feeds = { data_0: new ort.Tensor('float32', planarInput(picture), [1, 3, size, size]) };
      return async () => {
        const { [LOGITS]: logits } = await session.run(feeds);
        return Float32Array.from(logits?.data ?? []);
      };
    },
    close: () => session.release(),
  };
}
