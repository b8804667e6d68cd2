// An engine whose kernels are timed: each exported function of the wasm module is wrapped, so that a pass can be told
// apart into multiply-add and the rest. The wrapping costs about 0.1 us a call; whole passes are timed without it.
import { Engine } from '../../../src/engine/engine.ts';
import { kernelsModule } from '../../../weights/packed/engine.ts';
import { withInstances } from '../machine/wasm-instances.ts';

export interface KernelTimes {
  /** Milliseconds by kernel since `clear`. */
  ms: Map<string, number>;
  /** Bytes of dense weights that were read since `clear`. */
  denseBytes: number;
  clear(): void;
}

type Kernel = (...args: number[]) => unknown;

/** Bytes of weights that one call reads, by its arguments (src/engine/kernels.ts). */
const codeBytes = ([, , , , inputs = 0, outputs = 0]: number[]) => (inputs * outputs) / 2;
const DENSE_BYTES: Record<string, (parameters: number[]) => number> = {
  denseAccumulate: ([, , , count = 0, , , , outputs = 0]) => count * outputs,
  denseCodes: codeBytes,
  denseCodesInSteps: codeBytes,
};

function timed(exports: WebAssembly.Exports, times: KernelTimes): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(exports).map(([name, value]) => {
      if (typeof value !== 'function') return [name, value];
      const kernel = value as Kernel;
      const wrapped: Kernel = (...args) => {
        const start = performance.now();
        const result = kernel(...args);
        times.ms.set(name, (times.ms.get(name) ?? 0) + performance.now() - start);
        times.denseBytes += DENSE_BYTES[name]?.(args) ?? 0;
        return result;
      };
      return [name, wrapped];
    }),
  );
}

/** A second engine with the weights of `engine`. */
export async function timedEngine(engine: Engine): Promise<{ engine: Engine; times: KernelTimes }> {
  const times: KernelTimes = {
    ms: new Map(),
    denseBytes: 0,
    clear() {
      times.ms.clear();
      times.denseBytes = 0;
    },
  };
  const copy = await withInstances(
    (exports) => timed(exports, times),
    () => new Engine(kernelsModule(), engine.info),
  );
  copy.weights(0, engine.weightBytes).set(engine.weights(0, engine.weightBytes));
  return { engine: copy, times };
}
