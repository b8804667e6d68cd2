// The state dict within what torch.save wrote: the dict itself, or one of those that training scripts put beside the
// epoch and the optimizer.
import { inWords, OperatorError } from '../../operator-error.ts';
import { keyText, type PickleValue, Visits } from '../pickle/value.ts';
import { TorchTensor } from './tensors.ts';

export interface StateDict {
  /** The key of the dict within the file; empty for the file's own. */
  way: string;
  entries: [string, TorchTensor][];
}

/** In this order: averaged weights are those that a paper reports. */
const WRAPPERS = [
  'state_dict_ema',
  'model_ema',
  'ema',
  'state_dict',
  'model_state_dict',
  'model_state',
  'model',
  'net',
  'network',
  'module',
  'weights',
];
/** Throws OperatorError where there is no dict of tensors, naming what is there. */
export function findStateDict(content: PickleValue): StateDict {
  const visits = new Visits();
  const search = (value: PickleValue, way: string, depth: number): StateDict | undefined => {
    visits.enter(way || 'torch', depth);
    if (!(value instanceof Map)) return undefined;
    const entries: [string, TorchTensor][] = [];
    let others = 0;
    for (const [key, entry] of value) {
      visits.enter(way || 'torch', depth);
      if (entry instanceof TorchTensor) entries.push([keyText(key), entry]);
      else others++;
    }
    if (entries.length >= 2 && (others === 0 || !WRAPPERS.some((name) => value.has(name))))
      return { way, entries };
    for (const name of WRAPPERS) {
      const inner = value.get(name);
      const found =
        inner === undefined ? undefined : search(inner, way === '' ? name : `${way}.${name}`, depth + 1);
      if (found) return found;
    }
    return undefined;
  };
  const found = search(content, '', 0);
  if (found) return found;
  const keys =
    content instanceof Map ? [...content.keys()].slice(0, 6).map(inWords).join(', ') : inWords(content);
  throw new OperatorError(
    `torch: expected a state dict, or one under ${WRAPPERS.slice(3, 7).join(', ')}, found ${keys}: ` +
      'torch.save(model.state_dict(), "weights.pth")',
  );
}
