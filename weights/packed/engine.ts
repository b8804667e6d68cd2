// A packed model file opened in Node, and the engine that runs it: what the Worker does with R2, here with a
// file, for `verify` and the tests.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { Engine } from '../../src/engine/engine.ts';
import type { Tiles } from '../../src/network/model-info.ts';
import { OperatorError } from '../operator-error.ts';
import { readPackedFile } from './file.ts';

const PART_BYTES = 8 << 20;

/** The compiled kernels that `npm run build` makes. Throws OperatorError where they are missing. */
export function kernelsModule(): WebAssembly.Module {
  const file = path.join(import.meta.dirname, '../../build/kernels.wasm');
  try {
    // The Worker's types declare the constructor abstract; Node has it.
    return Reflect.construct(WebAssembly.Module, [readFileSync(file)]);
  } catch (error) {
    throw new OperatorError(
      `build/kernels.wasm: expected the kernels, found ${(error as Error).message}; npm run build`,
    );
  }
}

/** Tile sizes that the packer must pack for. */
export function kernelTiles(): Tiles {
  return Engine.tiles(kernelsModule());
}

/** An engine with the weights of the packed file at `path`, checked. Throws OperatorError. */
export async function openEngine(path: string): Promise<Engine> {
  const { info, bytes, dataStart } = await readPackedFile(path);
  const engine = new Engine(kernelsModule(), info);
  const dataBytes = bytes - dataStart;
  if (dataBytes !== engine.weightBytes)
    throw new OperatorError(`${path}: expected ${engine.weightBytes} bytes of weights, found ${dataBytes}`);
  const hash = createHash('sha256');
  const file = await open(path);
  try {
    for (let at = 0; at < dataBytes; at += PART_BYTES) {
      const part = engine.weights(at, Math.min(PART_BYTES, dataBytes - at));
      for (let done = 0; done < part.length; ) {
        const { bytesRead } = await file.read(part, done, part.length - done, dataStart + at + done);
        if (bytesRead === 0) throw new OperatorError(`${path}: expected ${bytes} bytes, found fewer`);
        done += bytesRead;
      }
      hash.update(part);
    }
  } finally {
    await file.close();
  }
  const found = hash.digest('hex');
  if (found !== info.sha256)
    throw new OperatorError(`${path}: expected SHA-256 ${info.sha256}, found ${found}`);
  return engine;
}
