// Reads safetensors files of float weights (F32, F16, BF16, F64). The header is checked by the same parser that the
// Worker uses; the values stay in the file until a layer is read. `__metadata__` of the project's own training
// (`lrn`, `preprocess`, `labels`, JSON each) decides the variant, the preprocessing and the labels.
import {
  headerEnd,
  parseHeader,
  SafetensorsError,
  type SafetensorsHeader,
} from '../../src/model/safetensors.ts';
import type { Label, Preprocess } from '../../src/network/preprocess.ts';
import { ImportError } from '../float-model.ts';
import { ELEMENT_BYTES, type ElementType } from './element-type.ts';
import { namedNetwork } from './named-layers.ts';
import { PREPROCESS } from './preprocess-presets.ts';
import type { SourceFile } from './source-file.ts';
import { type StoredTensor, tensorAt } from './stored-tensor.ts';
import { familyOf, requireVariant, type VariantName } from './variants.ts';
import type { WeightsFile } from './weights-file.ts';

function isElementType(dtype: string): dtype is ElementType {
  return Object.hasOwn(ELEMENT_BYTES, dtype);
}

function readHeader(source: SourceFile): SafetensorsHeader {
  try {
    const end = headerEnd(source.read(0, Math.min(8, source.size), 'header length'));
    return parseHeader(source.read(0, end, 'header'));
  } catch (error) {
    if (error instanceof SafetensorsError) throw new ImportError(error.message);
    throw error;
  }
}

function json(metadata: Record<string, string>, key: string): unknown {
  const text = metadata[key];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new ImportError(`__metadata__.${key}: expected JSON, found ${text.slice(0, 40)}`);
  }
}

/** `lrn`: { before_pool, k }. */
function metadataVariant(metadata: Record<string, string>): VariantName | undefined {
  const lrn = json(metadata, 'lrn') as { before_pool?: boolean; k?: number } | undefined;
  if (!lrn) return undefined;
  if (lrn.before_pool === false) return 'caffenet';
  return lrn.k === 2 ? 'paper' : 'bvlc-alexnet';
}

/** `preprocess`: { mean, channels: "RGB", range: "0..255" } as the project's training writes it. */
function metadataPreprocess(metadata: Record<string, string>): Preprocess | undefined {
  const found = json(metadata, 'preprocess') as
    | { mean?: number[]; channels?: string; range?: string; crop?: number }
    | undefined;
  if (!found) return undefined;
  const { mean, channels, range, crop } = found;
  const [red, green, blue] = mean ?? [];
  if (
    channels !== 'RGB' ||
    range !== '0..255' ||
    red === undefined ||
    green === undefined ||
    blue === undefined
  )
    throw new ImportError(
      `__metadata__.preprocess: expected RGB, 0..255 and three means, found ${metadata.preprocess}`,
    );
  return { ...PREPROCESS['rgb-mean'], crop: crop ?? PREPROCESS['rgb-mean'].crop, mean: [red, green, blue] };
}

/** `labels`: a list of { synset, label }. */
function metadataLabels(metadata: Record<string, string>): Label[] | undefined {
  const found = json(metadata, 'labels');
  if (found === undefined) return undefined;
  const rows = Array.isArray(found) ? (found as { synset?: string; label?: string }[]) : [];
  return rows.map(({ synset, label }) => ({ ...(synset && { synset }), words: label ?? '' }));
}

/** Throws ImportError for a damaged header, another number type, a file that is too short. */
export function readSafetensors(source: SourceFile): WeightsFile {
  const { metadata, tensors, dataStart, dataBytes } = readHeader(source);
  source.require(dataStart, dataBytes, 'data section');
  const stored: StoredTensor[] = [...tensors].map(([name, { dtype, shape, offset, bytes }]) => {
    if (!isElementType(dtype))
      throw new ImportError(`tensor ${name}: expected F32, F16, BF16 or F64, found ${dtype}`);
    return tensorAt(source, name, shape, dtype, dataStart + offset, bytes);
  });
  return {
    form: 'safetensors',
    tensors: stored,
    draft(wanted) {
      const said = metadataVariant(metadata);
      if (said && wanted) requireVariant(said, wanted);
      const named = namedNetwork(stored, wanted ?? said);
      const labels = metadataLabels(metadata);
      return {
        ...named,
        preprocess:
          metadataPreprocess(metadata) ?? (familyOf(named.variant) === 'one-group' ? 'torchvision' : 'caffe'),
        ...(labels && { labels }),
        notes: [],
      };
    },
  };
}
