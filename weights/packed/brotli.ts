// The default model as it is committed: the packed file, compressed with Brotli (quality 11, large window; nine
// tenths of its weights are zeros). Unpacking gives the packed file back bit for bit.
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createBrotliCompress, createBrotliDecompress } from 'node:zlib';
import { headerEnd } from '../../src/model/safetensors.ts';
import { OperatorError } from '../operator-error.ts';
import { type PackedFile, parsePackedHeader, readPackedFile } from './file.ts';

export const DEFAULT_MODEL_PATH = path.join(
  import.meta.dirname,
  '../data/alexnet-ten-classes.safetensors.br',
);

/** 2^26 = 64 MiB: the whole file is within reach. */
const WINDOW_BITS = 26;
const CHUNK_BYTES = 1 << 20;

/** Bytes read of all bytes. */
export type FileProgress = (done: number, total: number) => void;

function counted(total: number, progress: FileProgress | undefined): Transform {
  let done = 0;
  return new Transform({
    transform(chunk: Uint8Array, _, next) {
      done += chunk.length;
      progress?.(done, total);
      next(null, chunk);
    },
  });
}

async function convert(source: string, target: string, steps: Transform[]): Promise<void> {
  await mkdir(path.dirname(target), { recursive: true });
  const temporary = `${target}.part`;
  try {
    await pipeline([
      createReadStream(source, { highWaterMark: CHUNK_BYTES }),
      ...steps,
      createWriteStream(temporary),
    ]);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Compresses a packed file: minutes of computation, once. */
export async function compressModel(source: string, target: string, progress?: FileProgress): Promise<void> {
  const { size } = await stat(source);
  const brotli = createBrotliCompress({
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LARGE_WINDOW]: 1,
      [constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: size,
    },
  });
  await convert(source, target, [counted(size, progress), brotli]);
}

function decompressor(): ReturnType<typeof createBrotliDecompress> {
  return createBrotliDecompress({
    chunkSize: CHUNK_BYTES,
    params: { [constants.BROTLI_DECODER_PARAM_LARGE_WINDOW]: 1 },
  });
}

/** Gives the packed file back. Progress counts compressed bytes. */
export async function unpackModel(
  source: string,
  target: string,
  progress?: FileProgress,
): Promise<PackedFile> {
  const { size } = await stat(source);
  await convert(source, target, [counted(size, progress), decompressor()]);
  return readPackedFile(target);
}

/** The key of a compressed model, from its first bytes alone. Throws OperatorError. */
export async function compressedModelKey(source: string): Promise<string> {
  const input = createReadStream(source);
  const output = input.pipe(decompressor());
  input.once('error', (error) => output.destroy(error));
  let head = Buffer.alloc(0);
  try {
    for await (const chunk of output as AsyncIterable<Buffer>) {
      head = Buffer.concat([head, chunk]);
      if (head.length >= 8 && head.length >= headerEnd(head)) return parsePackedHeader(head).key;
    }
  } finally {
    input.destroy();
  }
  throw new OperatorError(`${source}: expected a packed model, found ${head.length} bytes`);
}
