// A network of random weights, by way of a safetensors file, the import and the packer, in an engine.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Engine } from '../../src/engine/engine.ts';
import { encodeSafetensors } from '../../tools/fixtures/encode-safetensors.ts';
import type { TrainedModel } from '../../tools/fixtures/trained-model.ts';
import { importFile } from '../../weights/formats/import-file.ts';
import { loadFile } from '../../weights/formats/loaded-file.ts';
import { familyOf, type VariantName } from '../../weights/formats/network/variants.ts';
import { packModel } from '../../weights/pack.ts';
import { kernelTiles, openEngine } from '../../weights/packed/engine.ts';
import { TORCHVISION_KEYS } from '../weights/encode/torch.ts';

export async function packTrained(model: TrainedModel, variant: VariantName): Promise<Engine> {
  const folder = await mkdtemp(path.join(tmpdir(), 'packed-'));
  const file = path.join(folder, 'float.safetensors');
  try {
    const keys = familyOf(variant) === 'one-group' ? TORCHVISION_KEYS : {};
    await writeFile(file, encodeSafetensors(model, { key: (layer) => keys[layer] ?? layer }));
    const source = loadFile(file);
    const preprocess = model.preprocess.trainedOn === 'BGR' ? 'caffe' : 'torchvision';
    const float = importFile(source, { name: variant, variant, preprocess });
    await packModel(float, kernelTiles(), path.join(folder, 'packed.safetensors'));
    // Awaited, so that the folder is still there.
    return await openEngine(path.join(folder, 'packed.safetensors'));
  } finally {
    await rm(folder, { recursive: true });
  }
}
