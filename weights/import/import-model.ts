// From a file to a FloatModel: the reader's draft, then what the file does not say (preprocessing, labels, name),
// then every shape compared with what the network needs, before anything is written.

import type { Label, Preprocess } from '../../src/network/preprocess.ts';
import { elements, inferShapes, NetworkError } from '../../src/network/shapes.ts';
import { type FloatLayer, type FloatModel, type FloatTensor, ImportError } from '../float-model.ts';
import { swapInputChannels } from './canonical.ts';
import { imagenetLabels } from './labels.ts';
import { PREPROCESS, type PreprocessName } from './preprocess-presets.ts';
import type { SourceFile } from './source-file.ts';
import { shapeText } from './stored-tensor.ts';
import type { VariantName } from './variants.ts';
import type { Draft, WeightsFile } from './weights-file.ts';

export interface ImportOptions {
  name?: string;
  labels?: Label[];
  variant?: VariantName;
  preprocess?: PreprocessName;
  licence?: string;
  accuracy?: string;
}

export interface ImportedModel {
  model: FloatModel;
  form: string;
  variant: VariantName | undefined;
  notes: string[];
}

/** Throws ImportError; no weights are read but for the file's checksum. The source must stay open while packing. */
export function importModel(file: WeightsFile, source: SourceFile, options: ImportOptions): ImportedModel {
  const draft = file.draft(options.variant);
  const notes = [...draft.notes];
  const preprocess = choosePreprocess(draft, options.preprocess, notes);
  const layers = checkedLayers(draft, preprocess);
  return {
    form: file.form,
    variant: draft.variant,
    notes,
    model: {
      name: options.name ?? defaultName(source.name),
      network: draft.network,
      preprocess,
      labels: options.labels ?? draft.labels ?? knownLabels(classesOf(draft)),
      source: {
        from: source.name,
        sha256: source.digest('sha256'),
        licence: options.licence ?? 'not stated',
        ...(options.accuracy && { accuracy: options.accuracy }),
      },
      layers,
    },
  };
}

/** Letters, digits and dashes of the file's name: it becomes part of an object's key. */
function defaultName(file: string): string {
  const name = file.replace(/(\.[a-z]\w*)+$/i, '').toLowerCase();
  return name.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '') || 'model';
}

function choosePreprocess(draft: Draft, wanted: PreprocessName | undefined, notes: string[]): Preprocess {
  const { size } = draft.network.input;
  const chosen = wanted ?? draft.preprocess;
  if (typeof chosen !== 'string') {
    if (chosen.crop !== size)
      throw new ImportError(`preprocess.crop: expected the network's input ${size}, found ${chosen.crop}`);
    return chosen;
  }
  if (!wanted)
    notes.push(`preprocess ${chosen}: what such files are trained with (--preprocess names another)`);
  return { ...PREPROCESS[chosen], crop: size };
}

function classesOf({ network }: Draft): number {
  return inferShapes(network).at(-1)?.output.channels ?? 0;
}

function knownLabels(classes: number): Label[] {
  if (classes === 1000) return imagenetLabels();
  throw new ImportError(`labels: expected --labels FILE for a model of ${classes} classes, found none`);
}

/** The layers in canonical order of input channels; every shape is what the network needs. */
function checkedLayers(draft: Draft, preprocess: Preprocess): Record<string, FloatLayer> {
  const layers: Record<string, FloatLayer> = {};
  let first = true;
  for (const { layer, input } of shapesOf(draft)) {
    if (layer.type !== 'conv' && layer.type !== 'dense') continue;
    const found = draft.layers[layer.name];
    if (!found) throw new ImportError(`layer ${layer.name}: expected its weights, found none`);
    const shape =
      layer.type === 'conv'
        ? [layer.out, input.channels / layer.groups, layer.kernel, layer.kernel]
        : [layer.out, elements(input)];
    requireShape(`tensor ${layer.name}.weight`, found.weight, shape);
    requireShape(`tensor ${layer.name}.bias`, found.bias, [layer.out]);
    const swap = first && preprocess.trainedOn === 'BGR';
    layers[layer.name] = swap ? { ...found, weight: swapInputChannels(found.weight) } : found;
    first = false;
  }
  return layers;
}

function shapesOf({ network }: Draft): ReturnType<typeof inferShapes> {
  try {
    return inferShapes(network);
  } catch (error) {
    if (error instanceof NetworkError) throw new ImportError(error.message);
    throw error;
  }
}

function requireShape(name: string, { shape }: FloatTensor, expected: number[]): void {
  if (shape.join() !== expected.join())
    throw new ImportError(`${name}: expected shape ${shapeText(expected)}, found ${shapeText(shape)}`);
}
