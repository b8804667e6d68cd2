// A packed model file as it lies on disk: what its header says, and the key that it has in the bucket,
// <name>-<first 12 hex digits of the data's SHA-256>.safetensors. A key never means two different models, so pushing
// a new one cannot change the model under a running request.
import { ServiceError } from '../src/errors.ts';
import { readModelInfo } from '../src/model/header.ts';
import {
  headerEnd,
  parseHeader,
  SafetensorsError,
  type SafetensorsHeader,
} from '../src/model/safetensors.ts';
import type { ModelInfo } from '../src/network/model-info.ts';
import { ImportError } from './float-model.ts';
import { SourceFile } from './import/source-file.ts';

export interface PackedHeader {
  info: ModelInfo;
  header: SafetensorsHeader;
}

export interface PackedFile {
  path: string;
  key: string;
  info: ModelInfo;
  /** Size of the whole file. */
  bytes: number;
}

export function modelKey({ name, sha256 }: Pick<ModelInfo, 'name' | 'sha256'>): string {
  return `${name}-${sha256.slice(0, 12)}.safetensors`;
}

/** The Worker's own readers, with the errors of this side. */
function rethrow(error: unknown, what: string): never {
  if (error instanceof SafetensorsError || error instanceof ServiceError)
    throw new ImportError(`${what}: ${error.message}`);
  throw error;
}

/** Where the header of a packed file ends, from its first 8 bytes. Throws ImportError. */
export function packedHeaderEnd(first: Uint8Array, what: string): number {
  try {
    return headerEnd(first);
  } catch (error) {
    return rethrow(error, what);
  }
}

/** What a packed header says; `what` names the file. Throws ImportError for another file. */
export function parsePackedHeader(bytes: Uint8Array, what: string): PackedHeader {
  try {
    const header = parseHeader(bytes);
    return { info: readModelInfo(header), header };
  } catch (error) {
    return rethrow(error, what);
  }
}

/** Throws ImportError for another file, and for one that is too short or too long. */
export function readPackedHeader(source: SourceFile): PackedHeader {
  const end = packedHeaderEnd(source.read(0, Math.min(8, source.size), 'header length'), source.path);
  const { info, header } = parsePackedHeader(source.read(0, end, 'header'), source.path);
  const expected = header.dataStart + header.dataBytes;
  if (source.size !== expected)
    throw new ImportError(`${source.path}: expected ${expected} bytes, found ${source.size}`);
  return { info, header };
}

/** Opens, reads the header, closes. Throws ImportError for a missing, truncated or other file. */
export function readPackedFile(path: string): PackedFile {
  const source = SourceFile.open(path);
  try {
    const { info } = readPackedHeader(source);
    return { path, key: modelKey(info), info, bytes: source.size };
  } finally {
    source.close();
  }
}
