// The built decoder as the tests want it: options for the network's crop, and for a picture that is not
// resized at all, so that its pixels can be compared one by one.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ImageDecoder } from '../../src/image/decoder.ts';
import { imageLimits } from '../../src/image/limits.ts';
import type { DecodeOptions, ImageLimits } from '../../src/image/picture.ts';
import type { Preprocess } from '../../src/network/preprocess.ts';

// The types of workerd know no compiling; Node has it.
const { Module } = WebAssembly as unknown as { Module: new (bytes: Uint8Array) => WebAssembly.Module };

const ROOT = path.resolve(import.meta.dirname, '../..');

export async function compiled(file: string): Promise<WebAssembly.Module> {
  return new Module(await readFile(path.join(ROOT, file)));
}

export async function decoderModule(debug = false): Promise<WebAssembly.Module> {
  return compiled(debug ? 'build/decode.debug.wasm' : 'build/decode.wasm');
}

export async function imageDecoder(): Promise<ImageDecoder> {
  const webp = await compiled('node_modules/@jsquash/webp/codec/dec/webp_dec.wasm');
  return new ImageDecoder(await decoderModule(), () => webp);
}

export const PREPROCESS: Preprocess = {
  resize: 'shorter-side',
  resizeTo: 256,
  crop: 227,
  mean: [0, 0, 0],
  std: [1, 1, 1],
  trainedOn: 'RGB',
};

export function decodeOptions(
  changes: Partial<Omit<DecodeOptions, 'limits'>> & { limits?: Partial<ImageLimits> } = {},
): DecodeOptions {
  return {
    preprocess: PREPROCESS,
    exif: 'apply',
    area: 'crop',
    ...changes,
    limits: { ...imageLimits({}), ...changes.limits },
  };
}

/** Options under which a picture of side x side pixels comes out as it is. */
export function unresized(side: number): DecodeOptions {
  return decodeOptions({ preprocess: { ...PREPROCESS, resizeTo: side, crop: side } });
}

/** The bytes as a stream of chunks of `size`. */
export function inChunks(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}
