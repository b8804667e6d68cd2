// GET /v1/models and GET /v1/models/{name}: what the model is, where it comes from, how it reads a picture, and
// every layer with its shapes.
import { type Context, Hono } from 'hono';
import type { AppEnv } from '../app-env.ts';
import { supplyOf } from '../app-env.ts';
import { ServiceError } from '../errors.ts';
import type { Shape } from '../network/layer.ts';
import type { ModelInfo } from '../network/model-info.ts';
import { inferShapes } from '../network/shapes.ts';
import { modelName } from './answer.ts';

/** The model when `name` is its name. Throws ServiceError not-found, and those of the model's loading. */
export async function findModel(c: Context<AppEnv>, name: string): Promise<ModelInfo> {
  const model = await supplyOf(c).describe();
  if (name !== model.name)
    throw new ServiceError('not-found', `there is no model ${name}; expected ${model.name}`, {
      members: { models: [model.name] },
    });
  return model;
}

function summary(model: ModelInfo) {
  const { from, licence, accuracy } = model.source;
  return {
    ...modelName(model),
    classes: model.labels.length,
    preprocessing: model.preprocess,
    source: from,
    source_sha256: model.source.sha256,
    licence,
    accuracy: accuracy ?? null,
  };
}

function shape({ height, width, channels }: Shape): [number, number, number] {
  return [height, width, channels];
}

function details(model: ModelInfo) {
  const layers = inferShapes(model.network).map(({ layer, input, output, macs, parameters }) => ({
    ...layer,
    input: shape(input),
    output: shape(output),
    macs,
    parameters,
  }));
  const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
  return {
    ...summary(model),
    input: { size: model.network.input.size, channels: model.network.input.channels },
    layers,
    macs: total(layers.map(({ macs }) => macs)),
    parameters: total(layers.map(({ parameters }) => parameters)),
    labels: model.labels.map(({ synset, words }, index) => ({ index, synset, label: words })),
  };
}

export const modelsRoute = new Hono<AppEnv>()
  .get('/v1/models', async (c) => c.json({ models: [summary(await supplyOf(c).describe())] }))
  .get('/v1/models/:name', async (c) => c.json(details(await findModel(c, c.req.param('name')))));
