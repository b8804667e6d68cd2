// The header of a packed model file in the Worker: the errors of its schema (network/model-info.ts) as ServiceErrors,
// and the comparison of its tiles with the kernels'.
import { ServiceError } from '../errors.ts';
import { type ModelInfo, ModelInfoError, readModelInfo, type Tiles } from '../network/model-info.ts';
import type { SafetensorsHeader } from './safetensors.ts';

const AGAIN = 'pack it again: npm run weights -- import';

/** Throws ServiceError: model-version for another format, model-damaged for a missing or malformed field. */
export function modelInfoOf({ metadata }: SafetensorsHeader): ModelInfo {
  try {
    return readModelInfo(metadata);
  } catch (error) {
    if (!(error instanceof ModelInfoError)) throw error;
    const code = error.reason === 'version' ? 'model-version' : 'model-damaged';
    throw new ServiceError(code, `${error.message}; ${AGAIN}`, { cause: error });
  }
}

/** Throws ServiceError model-tiles, naming the constant that differs. */
export function checkTiles(found: Tiles, expected: Tiles): void {
  for (const key of ['convBlock', 'denseBlock', 'kStep'] as const)
    if (found[key] !== expected[key])
      throw new ServiceError(
        'model-tiles',
        `the kernels have ${key} ${expected[key]}, the model file was packed for ${found[key]}; ${AGAIN}`,
      );
}
