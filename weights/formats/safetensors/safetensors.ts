// safetensors files of float weights: the container is parsed by the Worker's own parser (src/model/safetensors.ts).
import {
  headerEnd,
  parseHeader,
  SafetensorsError,
  type SafetensorsHeader,
} from '../../../src/model/safetensors.ts';
import { inWords, OperatorError } from '../../operator-error.ts';
import { ELEMENT_BYTES, isElementType } from '../element-type.ts';
import type { LoadedFile } from '../loaded-file.ts';
import { metadataOptions, readKeyed } from '../network/keyed.ts';
import { tensorOf } from '../stored-tensor.ts';
import type { WeightFile } from '../weight-file.ts';

/** The format's own limit is 100 MB; a network's header has a few kilobytes. */
const HEADER_BYTES = 8 << 20;

function readHeader({ bytes }: LoadedFile): SafetensorsHeader {
  try {
    headerEnd(bytes, HEADER_BYTES);
    return parseHeader(bytes);
  } catch (error) {
    if (error instanceof SafetensorsError) throw new OperatorError(`safetensors header: ${error.message}`);
    throw error;
  }
}

export function isSafetensors(start: Uint8Array): boolean {
  return start.length > 9 && start[8] === 0x7b && start[6] === 0 && start[7] === 0;
}

/** True for a file that this project has packed already. */
export function isPacked(file: LoadedFile): boolean {
  return isSafetensors(file.bytes) && readHeader(file).metadata.format?.startsWith('alexnet-edge/') === true;
}

export function readSafetensors(file: LoadedFile): WeightFile {
  const { metadata, tensors: entries, dataStart } = readHeader(file);
  const tensors = [...entries].flatMap(([name, { dtype, shape, offset, bytes }]) => {
    if (name.endsWith('.num_batches_tracked')) return [];
    if (!isElementType(dtype))
      throw new OperatorError(
        `${name}: expected dtype ${Object.keys(ELEMENT_BYTES).join(', ')}, found ${inWords(dtype)}`,
      );
    const start = dataStart + offset;
    if (start + bytes > file.bytes.length)
      throw new OperatorError(
        `${name}: expected ${bytes} bytes at position ${start}, found a file of ${file.bytes.length} bytes`,
      );
    return [tensorOf(name, shape, dtype, file.bytes.subarray(start, start + bytes))];
  });
  return {
    form: 'safetensors',
    detail: `safetensors, ${tensors.length} tensors`,
    tensors,
    read: (options) => readKeyed(tensors, options, metadataOptions(metadata)),
  };
}
