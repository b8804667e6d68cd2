// The tile sizes that packed weights must have: constants of the built kernels, so that packer and engine cannot differ.
import { readFile } from 'node:fs/promises';
import { Engine } from '../src/engine/engine.ts';
import type { Tiles } from '../src/network/model-info.ts';
import { ImportError } from './float-model.ts';

const KERNELS = new URL('../build/kernels.wasm', import.meta.url);

/** The module that the Worker bundles. Throws ImportError when it has not been built. */
export async function builtKernels(): Promise<WebAssembly.Module> {
  const bytes = await readFile(KERNELS).catch(() => {
    throw new ImportError('build/kernels.wasm: expected the built kernels, found none: run npm run build');
  });
  return new WebAssembly.Module(bytes);
}

export async function kernelTiles(): Promise<Tiles> {
  return Engine.tiles(await builtKernels());
}
