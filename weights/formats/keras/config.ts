// The description of a Keras model: a Sequential, or a functional model that is a chain. Only what a classifier's
// layers need is read; the values of other classes are left as they are.
import * as v from 'valibot';
import { inWords, OperatorError } from '../../operator-error.ts';

const pair = v.union([v.number(), v.array(v.number())]);
const activation = v.union([
  v.string(),
  v.looseObject({ config: v.union([v.string(), v.looseObject({})]), class_name: v.optional(v.string()) }),
]);

const Settings = v.looseObject({
  name: v.optional(v.string(), ''),
  filters: v.optional(v.number()),
  units: v.optional(v.number()),
  kernel_size: v.optional(pair),
  pool_size: v.optional(pair),
  strides: v.nullish(pair),
  padding: v.optional(v.unknown()),
  groups: v.optional(v.number(), 1),
  dilation_rate: v.optional(pair, 1),
  data_format: v.nullish(v.string()),
  activation: v.nullish(activation),
  epsilon: v.optional(v.number(), 1e-3),
  scale: v.optional(v.unknown()),
  offset: v.optional(v.unknown()),
  batch_input_shape: v.optional(v.array(v.unknown())),
  batch_shape: v.optional(v.array(v.unknown())),
});

const Layer = v.looseObject({
  class_name: v.string(),
  config: v.optional(Settings, {}),
  inbound_nodes: v.optional(v.unknown()),
});

const Model = v.looseObject({
  class_name: v.string(),
  config: v.union([v.array(Layer), v.looseObject({ layers: v.array(Layer) })]),
});

export interface KerasLayer {
  type: string;
  name: string;
  settings: v.InferOutput<typeof Settings>;
}

/** Throws OperatorError for JSON that describes no chain of layers. */
export function parseConfig(text: string): KerasLayer[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new OperatorError(`model_config: expected JSON, found ${inWords(text)}`);
  }
  const result = v.safeParse(Model, value, { abortEarly: true });
  if (!result.success) {
    const [issue] = result.issues;
    throw new OperatorError(
      `model_config.${v.getDotPath(issue) ?? ''}: expected ${issue.expected?.slice(0, 80)}, found ${issue.received.slice(0, 64)}`,
    );
  }
  const { config } = result.output;
  return (Array.isArray(config) ? config : config.layers).map(({ class_name: type, config: settings }) => ({
    type,
    name: settings.name,
    settings,
  }));
}

/** relu, softmax, linear or another name. */
export function activationOf({ settings: { activation: said } }: KerasLayer): string {
  if (typeof said === 'string') return said;
  return typeof said?.config === 'string' ? said.config : (said?.class_name ?? 'linear');
}
