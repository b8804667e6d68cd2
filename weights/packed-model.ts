// A packed model file on an engine in Node: what the Worker does with R2, here with a file, for `verify` and the
// tests.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Engine } from '../src/engine/engine.ts';
import type { Tiles } from '../src/network/model-info.ts';
import { ImportError } from './float-model.ts';
import { SourceFile } from './import/source-file.ts';
import { readPackedHeader } from './packed-file.ts';

const WEIGHT_BYTES = 8 << 20;

/** The compiled kernels that `npm run build` makes. Throws ImportError where they are missing. */
export function kernelsModule(): WebAssembly.Module {
  const file = path.join(import.meta.dirname, '../build/kernels.wasm');
  try {
    // The Worker's types declare the constructor abstract; Node has it.
    return Reflect.construct(WebAssembly.Module, [readFileSync(file)]);
  } catch (error) {
    throw new ImportError(
      `build/kernels.wasm: expected the kernels, found ${(error as Error).message}; npm run build`,
    );
  }
}

/** Tile sizes that the packer must pack for. */
export function kernelTiles(): Tiles {
  return Engine.tiles(kernelsModule());
}

/** An engine with the weights of the packed file at `path`. */
export function openEngine(file: string): Engine {
  const source = SourceFile.open(file);
  try {
    const { info, header } = readPackedHeader(source);
    const engine = new Engine(kernelsModule(), info);
    if (header.dataBytes !== engine.weightBytes)
      throw new ImportError(
        `${file}: expected ${engine.weightBytes} bytes of weights, found ${header.dataBytes}`,
      );
    for (let at = 0; at < header.dataBytes; at += WEIGHT_BYTES) {
      const length = Math.min(WEIGHT_BYTES, header.dataBytes - at);
      source.readInto(engine.weights(at, length), header.dataStart + at, 'weights');
    }
    return engine;
  } finally {
    source.close();
  }
}
