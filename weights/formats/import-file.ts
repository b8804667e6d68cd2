// From a file of any form to a FloatModel: detect, read, name the classes, note the origin. The model reads
// its tensors from the open file, which must stay open until it is packed.

import { labelsFor, readLabels } from '../data/labels.ts';
import type { FloatModel } from '../float-model.ts';
import { OperatorError } from '../operator-error.ts';
import { matches, PUBLISHED, type PublishedFile } from '../published.ts';
import { isPacked, readWeights } from './detect.ts';
import type { SourceFile } from './source-file.ts';
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
export function importFile(source: SourceFile, options: ImportOptions = {}): FloatModel {
  if (isPacked(source))
    throw new OperatorError(`${source.name}: expected float weights, found a packed model`);
  const { variant, network, preprocess, layers, labels } = readWeights(source).read(options);
  const name = options.name ?? variant ?? 'own-network';
  if (!NAME.test(name))
    throw new OperatorError(`name: expected lower-case letters, digits, - and ., found ${name}`);
  const classes = networkShapes(network).at(-1)?.output.channels ?? 0;
  const sha256 = source.digest('sha256');
  const published = findPublished(source, sha256);
  return {
    name,
    network,
    preprocess,
    labels: labelsFor(classes, options.labels === undefined ? labels : readLabels(options.labels)),
    source: {
      from: published?.url ?? source.name,
      sha256,
      licence: options.licence ?? published?.licence ?? 'unknown: ask whoever published the weights',
      ...(published ? { accuracy: published.accuracy } : {}),
    },
    layers,
  };
}

function findPublished(source: SourceFile, sha256: string): PublishedFile | undefined {
  return PUBLISHED.find((entry) => {
    if (entry.bytes !== undefined && entry.bytes !== source.size) return false;
    return matches(entry, entry.checksum.algorithm === 'sha256' ? sha256 : source.digest('sha1'));
  });
}
