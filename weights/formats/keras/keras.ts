// Keras: `.h5` of Keras 1.2 to 2 (whole models and weights alone), `.keras` of Keras 3 (a zip of config.json and
// model.weights.h5) and `.weights.h5`. With a description of its layers the network is the file's own; without one,
// or with --variant, tensors are matched by shape and order. Kernels are HWIO, dense ones (in, out) of H,W,C.
import { OperatorError } from '../../operator-error.ts';
import { readHdf5 } from '../hdf5/hdf5.ts';
import type { LoadedFile } from '../loaded-file.ts';
import { readChain } from '../network/graph.ts';
import { readKeyed } from '../network/keyed.ts';
import type { StoredTensor } from '../stored-tensor.ts';
import type { WeightFile } from '../weight-file.ts';
import { readZip } from '../zip.ts';
import { type KerasLayer, parseConfig } from './config.ts';
import { chainOf } from './layers.ts';

const ARCHIVED = 'model.weights.h5';
const MOST_CONFIG_BYTES = 16 << 20;

export function isKerasArchive(bytes: Buffer): boolean {
  return bytes.subarray(0, 4).toString('latin1') === 'PK\x03\x04' && readZip(bytes).has(ARCHIVED);
}

export function readKerasArchive({ bytes }: LoadedFile): WeightFile {
  const entries = readZip(bytes);
  const config = entries.get('config.json');
  const weights = entries.get(ARCHIVED);
  if (!config || config.size > MOST_CONFIG_BYTES || !weights)
    throw new OperatorError(
      `config.json: expected at most ${MOST_CONFIG_BYTES} bytes of JSON beside ${ARCHIVED}, found ${config?.size ?? 'none'}`,
    );
  // Its path in the archive is what h5py calls it; the buffer is copied where it is part of the file's.
  return kerasFile(weights.data() as Buffer<ArrayBuffer>, config.data().toString());
}

export function readKerasHdf5({ bytes }: LoadedFile): WeightFile {
  if (bytes.subarray(0, 6).toString('latin1') === 'MATLAB')
    throw new OperatorError('HDF5: expected a file of Keras, found one of MATLAB');
  return kerasFile(bytes, undefined);
}

function kerasFile(bytes: Buffer<ArrayBuffer>, archived: string | undefined): WeightFile {
  const { tensors: stored, attributes } = readHdf5(bytes, (path) => nameOf(path) !== undefined);
  const tensors = stored.map((tensor) => ({ ...tensor, name: nameOf(tensor.name) ?? tensor.name }));
  if (tensors.length === 0)
    throw new OperatorError(
      'HDF5: expected weights of Keras layers (NAME/kernel, layers/NAME/vars/0), found none',
    );
  const config = archived ?? attributes.model_config;
  const layers = config === undefined ? undefined : parseConfig(config);
  const named = withRoles(tensors, layers);
  const version = attributes.keras_version ?? (archived === undefined ? 'of an unknown version' : '3');
  return {
    form: 'keras',
    detail: `Keras ${version.slice(0, 32)}, ${layers ? `${layers.length} layers` : 'weights alone'}`,
    tensors: named,
    read: (options) => {
      if (!layers || options.variant) return readKeyed(named, options);
      const { chain, inputSize, pixels } = chainOf(layers, named);
      return readChain(chain, inputSize, options, pixels);
    },
  };
}

/**
 * LAYER/ENDING of a dataset's path, undefined for one that is no weight:
 *   [model_weights/]conv2d/[model/]conv2d/kernel:0     Keras 1.2 to 2
 *   layers/conv2d/vars/0                               Keras 3; `_layer_checkpoint_dependencies` in 2.12 to 2.14
 */
function nameOf(path: string): string | undefined {
  const [, layer, index] =
    /^(?:layers|_layer_checkpoint_dependencies)\/([^/]+)\/vars\/(\d)$/.exec(path) ?? [];
  if (layer) return `${layer}/${index}`;
  const [, group, ending] =
    /^(?:model_weights\/)?([^/]+)(?:\/[^/]+)*[/_](kernel|bias|gamma|beta|moving_mean|moving_variance|W|b)(?::0)?$/.exec(
      path,
    ) ?? [];
  if (!group || group === 'optimizer_weights' || group === 'optimizer') return undefined;
  return `${group}/${ending}`;
}

/**
 * Keras 3 numbers a layer's variables, and its groups by class (conv2d, conv2d_1): both get the names that the
 * description gives them, or those of their roles.
 */
function withRoles(tensors: StoredTensor[], layers: KerasLayer[] | undefined): StoredTensor[] {
  const groups = new Map<string, StoredTensor[]>();
  for (const tensor of tensors) {
    const group = tensor.name.slice(0, tensor.name.lastIndexOf('/'));
    groups.set(group, [...(groups.get(group) ?? []), tensor]);
  }
  const names = layers ? namesOf(layers, groups) : new Map<string, string>();
  return [...groups].flatMap(([group, members]) => {
    const numbered = members.every(({ name }) => /\/\d$/.test(name));
    const roles = numbered ? ROLES[members.length] : [];
    if (!roles)
      throw new OperatorError(
        `${group.slice(0, 64)}: expected a kernel and a bias, or the four statistics of a normalisation, found ${members.length} variables`,
      );
    return members.map((tensor) => {
      const ending = tensor.name.slice(tensor.name.lastIndexOf('/') + 1);
      return { ...tensor, name: `${names.get(group) ?? group}/${roles[Number(ending)] ?? ending}` };
    });
  });
}

const ROLES: Record<number, string[]> = {
  1: ['kernel'],
  2: ['kernel', 'bias'],
  4: ['gamma', 'beta', 'moving_mean', 'moving_variance'],
};

/** From a group's name to the layer's, where the file counts by class and does not use the layers' own names. */
function namesOf(layers: KerasLayer[], groups: ReadonlyMap<string, unknown>): Map<string, string> {
  const weighted = layers.filter(({ type }) => ['Conv2D', 'Dense', 'BatchNormalization'].includes(type));
  if (weighted.every(({ name }) => groups.has(name))) return new Map();
  const counts = new Map<string, number>();
  return new Map(
    weighted.map(({ type, name }) => {
      const base = type.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
      const count = counts.get(base) ?? 0;
      counts.set(base, count + 1);
      return [count === 0 ? base : `${base}_${count}`, name];
    }),
  );
}
