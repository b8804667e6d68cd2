// A packed model whose file is in memory whole, as an engine: for whoever has no bucket to stream from. It refuses what
// the loader refuses: another version, other tiles, numbers out of range, wrong lengths, another checksum.

import { Engine } from '../engine/engine.ts';
import { ServiceError } from '../errors.ts';
import { checkRanges } from '../network/ranges.ts';
import { NetworkError } from '../network/shapes.ts';
import { sha256Hex } from './checksum.ts';
import { checkTiles, modelInfoOf } from './header.ts';
import { headerEnd, parseHeader, SafetensorsError, type SafetensorsHeader } from './safetensors.ts';

const LENGTH_BYTES = 8;

function damaged(message: string, cause?: unknown): ServiceError {
  return new ServiceError('model-damaged', `model file: ${message}`, { cause });
}

function engineFor(module: WebAssembly.Module, header: SafetensorsHeader): Engine {
  const info = modelInfoOf(header);
  checkTiles(info.tiles, Engine.tiles(module));
  checkRanges(info);
  return new Engine(module, info);
}

/** What is made of the header alone; its faults are the file's. */
function understood<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof SafetensorsError || error instanceof NetworkError)
      throw damaged(error.message, error);
    throw error;
  }
}

/**
 * @param module the kernels @param file a packed model's bytes, all of them; they are copied
 * Throws ServiceError: model-version, model-tiles, model-damaged, model-truncated, model-checksum.
 */
export async function openWholeFile(module: WebAssembly.Module, file: Uint8Array): Promise<Engine> {
  const header = understood(() => parseHeader(file.subarray(0, headerEnd(file.subarray(0, LENGTH_BYTES)))));
  const engine = understood(() => engineFor(module, header));
  const data = file.subarray(header.dataStart);
  const { weightBytes, info } = engine;
  if (data.byteLength !== weightBytes)
    throw new ServiceError(
      'model-truncated',
      `model file: expected ${weightBytes} bytes of weights, found ${data.byteLength}`,
    );
  // A copy: the checksum must be that of the bytes that the engine keeps.
  const weights = engine.weights(0, weightBytes);
  weights.set(data);
  const found = await sha256Hex(weights);
  if (found !== info.sha256)
    throw new ServiceError(
      'model-checksum',
      `model file: expected SHA-256 ${info.sha256}, found ${found}: it is damaged`,
    );
  const unusable = engine.unusableWeights();
  if (unusable !== undefined) throw damaged(unusable);
  return engine;
}
