// The key of a packed model in R2, and its file name: the model's name and the start of its checksum. Another
// model never has the key of the one that is being served.
import type { ModelInfo } from '../src/network/model-info.ts';

export function modelKey({ name, sha256 }: Pick<ModelInfo, 'name' | 'sha256'>): string {
  return `${name}-${sha256.slice(0, 12)}.safetensors`;
}
