// From a file of any form to a FloatModel: read, name the classes, note the origin. The model's tensors are views of the
// file's buffer until they are read.

import { labelsFor, readLabels } from '../data/labels.ts';
import type { FloatModel } from '../float-model.ts';
import { OperatorError } from '../operator-error.ts';
import { PUBLISHED, type PublishedFile } from '../published.ts';
import { readWeights } from './forms.ts';
import { digestOf, type LoadedFile } from './loaded-file.ts';
import { isPacked } from './safetensors/safetensors.ts';
import { networkShapes, type ReadOptions } from './weight-file.ts';

export interface ImportOptions extends ReadOptions {
  name?: string | undefined;
  /** Path of a file with class names. */
  labels?: string | undefined;
  licence?: string | undefined;
}

/** R2 keys and file names are made of it. */
const NAME = /^[a-z0-9][a-z0-9.-]{0,63}$/;

/** Throws OperatorError with one line: the tensor or field, what was expected and what was found. */
export function importFile(source: LoadedFile, options: ImportOptions = {}): FloatModel {
  if (isPacked(source))
    throw new OperatorError(`${source.name}: expected float weights, found a packed model`);
  const { variant, network, preprocess, layers, labels, notes, meanImage } =
    readWeights(source).read(options);
  const name = options.name ?? variant ?? 'own-network';
  if (!NAME.test(name))
    throw new OperatorError(`name: expected lower-case letters, digits, - and ., found ${name}`);
  const classes = networkShapes(network).at(-1)?.output.channels ?? 0;
  const sha256 = digestOf(source.bytes, 'sha256');
  const published = findPublished(source, sha256);
  return {
    name,
    network,
    preprocess,
    labels: labelsFor(classes, options.labels === undefined ? labels : readLabels(options.labels)),
    source: {
      from: published?.sources[0] ?? source.name,
      sha256,
      licence: options.licence ?? published?.licence ?? 'unknown: ask whoever published the weights',
      ...(published ? { accuracy: published.accuracy } : {}),
    },
    layers,
    ...(meanImage ? { meanImage } : {}),
    ...(notes ? { notes } : {}),
  };
}

function findPublished({ bytes }: LoadedFile, sha256: string): PublishedFile | undefined {
  return PUBLISHED.find(({ bytes: length, checksum: { algorithm, hex } }) => {
    if (length !== undefined && length !== bytes.length) return false;
    return (algorithm === 'sha256' ? sha256 : digestOf(bytes, algorithm)).startsWith(hex);
  });
}
