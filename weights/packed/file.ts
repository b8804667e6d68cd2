// A packed model file as it lies on disk: what its header says, and the key that it has in the bucket, which holds the
// checksums of its data and of its header (src/model/key.ts). A key never means two different models, so pushing a new
// one cannot change the model under a running request.
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { modelKey } from '../../src/model/key.ts';
import { headerEnd, parseHeader, SafetensorsError } from '../../src/model/safetensors.ts';
import { type ModelInfo, ModelInfoError, readModelInfo } from '../../src/network/model-info.ts';
import { OperatorError } from '../operator-error.ts';

export interface PackedFile {
  path: string;
  key: string;
  info: ModelInfo;
  /** Size of the whole file. */
  bytes: number;
  /** Where the data section begins. */
  dataStart: number;
}

/** What a packed header says. Throws OperatorError for another file. */
export function parsePackedHeader(bytes: Uint8Array): {
  info: ModelInfo;
  /** In the bucket. */
  key: string;
  dataStart: number;
  dataBytes: number;
} {
  try {
    const { metadata, dataStart, dataBytes } = parseHeader(bytes);
    const info = readModelInfo(metadata);
    const headerSha256 = createHash('sha256').update(bytes.subarray(0, dataStart)).digest('hex');
    return { info, key: modelKey(info.name, info.sha256, headerSha256), dataStart, dataBytes };
  } catch (error) {
    if (error instanceof ModelInfoError && error.reason === 'version')
      throw new OperatorError(`${error.message}: import it first`);
    if (error instanceof SafetensorsError || error instanceof ModelInfoError)
      throw new OperatorError(`header: ${error.message}`);
    throw error;
  }
}

async function readStart(file: FileHandle, size: number): Promise<Uint8Array> {
  const length = new Uint8Array(8);
  await file.read(length, 0, 8, 0);
  const end = headerEnd(length.subarray(0, Math.min(8, size)));
  if (end > size)
    throw new SafetensorsError(`expected a header of ${end} bytes, found a file of ${size} bytes`);
  const header = new Uint8Array(end);
  await file.read(header, 0, end, 0);
  return header;
}

/** Opens, reads the header, closes. Throws OperatorError for a missing, truncated or other file. */
export async function readPackedFile(path: string): Promise<PackedFile> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new OperatorError(`${path}: expected a readable file, found ${error.code}`);
  });
  try {
    const { size } = await file.stat();
    const { info, key, dataStart, dataBytes } = parsePackedHeader(await readStart(file, size));
    if (dataStart + dataBytes !== size)
      throw new OperatorError(`${path}: expected ${dataStart + dataBytes} bytes, found ${size}`);
    return { path, key, info, bytes: size, dataStart };
  } catch (error) {
    if (error instanceof SafetensorsError) throw new OperatorError(`${path}: ${error.message}`);
    throw error;
  } finally {
    await file.close();
  }
}
