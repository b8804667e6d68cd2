// What is switched off in the network: one of the two towers behind a layer (Krizhevsky et al. 2012, section 3.5: the maps
// of one of their two processors), or single maps. Behind a layer of n channels tower 1 are the first n / 2, tower 2 the
// others; where a layer reads in two groups, each tower reads its own.
import type { Without } from '../engine/engine.ts';
import { excerpt, ServiceError } from '../errors.ts';
import type { ModelInfo } from '../network/model-info.ts';
import { inferShapes } from '../network/shapes.ts';

export interface Silence {
  /** The tower that stays. */
  tower?: 1 | 2 | undefined;
  /** The layer behind which the other one is off; undefined: the first. */
  after?: string | undefined;
  /** Channels by layer: `conv3:17,42;fc6:5`. */
  without?: string | undefined;
}

function refused(parameter: string, expected: string, got: string): ServiceError {
  return new ServiceError('bad-parameter', `${parameter}: expected ${expected}, got ${excerpt(got)}`, {
    members: { parameter },
  });
}

/**
 * The channels to be silenced, by layer. Throws ServiceError bad-parameter: a layer that the model has not, or its last
 * ones; a channel that the layer has not; towers of a model without groups.
 */
export function silencedChannels({ tower, after, without }: Silence, model: ModelInfo): Without {
  const shapes = inferShapes(model.network);
  const last = shapes.findLastIndex(({ layer }) => layer.type === 'dense');
  const channels = new Map(shapes.slice(0, last).map(({ layer, output }) => [layer.name, output.channels]));
  const names = [...channels.keys()].join(', ');
  const silenced = new Map<string, Set<number>>();
  const widthOf = (parameter: string, name: string) => {
    const width = channels.get(name);
    if (width === undefined) throw refused(parameter, names, name);
    return width;
  };
  const add = (name: string, channel: number) => {
    silenced.set(name, (silenced.get(name) ?? new Set()).add(channel));
  };
  if (tower !== undefined) {
    if (!shapes.some(({ layer }) => layer.type === 'conv' && layer.groups === 2))
      throw refused('towers', 'a model with convolutions in two groups', model.name);
    const name = after ?? shapes[0]?.layer.name ?? '';
    const half = widthOf('after', name) / 2;
    if (!Number.isInteger(half)) throw refused('after', 'a layer of two halves', name);
    for (let channel = 0; channel < half; channel++) add(name, tower === 1 ? half + channel : channel);
  }
  for (const part of without?.split(';') ?? []) {
    const [name = '', list = ''] = part.split(':');
    const width = widthOf('without', name);
    for (const text of list.split(',')) {
      if (Number(text) >= width) throw refused('without', `channels of ${name} from 0 to ${width - 1}`, text);
      add(name, Number(text));
    }
  }
  return new Map(Array.from(silenced, ([name, set]) => [name, [...set]]));
}
