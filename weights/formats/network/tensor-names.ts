// Names of tensors: wrappers' prefixes, and the parts of a layer (weight, bias, statistics) by the endings that the
// frameworks give them.
import { excerpt } from '../../../src/errors.ts';
import { OperatorError } from '../../operator-error.ts';
import type { StoredTensor } from '../stored-tensor.ts';

/** DataParallel, torch.compile, Lightning, training scripts. */
const PREFIXES = ['module.', '_orig_mod.', 'model.', 'net.', 'network.', 'backbone.'];

/** The names without what all of them begin with, and without `module.` in the middle (DataParallel of a part). */
export function withoutPrefixes(tensors: StoredTensor[]): StoredTensor[] {
  let named = tensors;
  const shared = () => PREFIXES.find((prefix) => named.every(({ name }) => name.startsWith(prefix)));
  for (let prefix = named.length > 0 ? shared() : undefined; prefix; prefix = shared()) {
    const { length } = prefix;
    named = named.map((tensor) => ({ ...tensor, name: tensor.name.slice(length) }));
  }
  return named.map((tensor) => ({
    ...tensor,
    name: tensor.name.replace(/^(features|classifier)\.module\./, '$1.'),
  }));
}

/** The parts of one module, by their role. */
export interface NamedModule {
  name: string;
  weight?: StoredTensor;
  bias?: StoredTensor;
  mean?: StoredTensor;
  variance?: StoredTensor;
}

const ENDINGS: [Exclude<keyof NamedModule, 'name'>, RegExp][] = [
  ['mean', /[._/](running_mean|moving_mean)(:0)?$/],
  ['variance', /[._/](running_var|moving_variance)(:0)?$/],
  ['weight', /([._/](weights?|kernel|gamma|W|w)|\/0)(:0)?$/],
  ['bias', /([._/](bias|biases|beta|B|b)|\/1)(:0)?$/],
];

/** Tensors gathered by module, in the order of the file. Throws OperatorError for a name without a known ending. */
export function modulesOf(tensors: StoredTensor[]): NamedModule[] {
  const modules = new Map<string, NamedModule>();
  for (const tensor of tensors) {
    const [role, ending] = ENDINGS.find(([, pattern]) => pattern.test(tensor.name)) ?? [];
    if (!role || !ending)
      throw new OperatorError(
        `${excerpt(tensor.name)}: expected a weight, bias, mean or variance of a layer, found another name`,
      );
    const name = tensor.name.replace(ending, '');
    const found = modules.get(name) ?? { name };
    if (found[role]) throw new OperatorError(`${excerpt(name)}: expected one ${role}, found two`);
    found[role] = tensor;
    modules.set(name, found);
  }
  return [...modules.values()];
}
