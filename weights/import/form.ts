// Which form a weights file has, by its first bytes and never by its name.
import { ImportError } from '../float-model.ts';
import { readSafetensors } from './safetensors.ts';
import type { SourceFile } from './source-file.ts';
import type { WeightsFile } from './weights-file.ts';

const PROBE_BYTES = 64;

/** Reads what the file holds; values stay in the file. Throws ImportError for every other form, naming what it is. */
export function readWeightsFile(source: SourceFile): WeightsFile {
  const head = source.read(0, Math.min(PROBE_BYTES, source.size), 'first bytes');
  // Header length in 8 bytes, then JSON.
  if (head[8] === 0x7b) return readSafetensors(source);
  throw new ImportError(
    `${source.name}: expected a caffemodel, ONNX, npy, PyTorch or safetensors file, found ${described(head)}`,
  );
}

function described(head: Uint8Array): string {
  const text = new TextDecoder('latin1').decode(head).trimStart();
  if (text.startsWith('version https://git-lfs')) return 'a Git LFS pointer: fetch the file itself';
  if (/^<(!doctype|html|\?xml)/i.test(text)) return 'a web page: the download was not the file';
  return `first bytes ${Buffer.from(head.subarray(0, 8)).toString('hex')}`;
}
