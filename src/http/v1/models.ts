// GET /v1/models and GET /v1/models/{name}: what the model is, where it comes from, how it reads a picture, and
// every layer with its shapes.
import { Hono } from 'hono';
import type { Shape } from '../../network/layer.ts';
import type { ModelInfo } from '../../network/model-info.ts';
import { inferShapes } from '../../network/shapes.ts';
import type { AppEnv } from '../context.ts';
import { MODEL_PROBLEMS, operation } from '../openapi/operation.ts';
import { query } from '../openapi/validation.ts';
import { findModel, modelName, numericVersion } from './model-name.ts';
import { ModelAnswer, ModelsAnswer, NoQuery } from './schemas.ts';

/** The status that TensorFlow Serving gives at the same address. */
function versionStatus(model: ModelInfo) {
  return [
    {
      version: numericVersion(model),
      state: 'AVAILABLE' as const,
      status: { error_code: 'OK' as const, error_message: '' },
    },
  ];
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
  .get(
    '/v1/models',
    operation({ tag: 'own', summary: 'The models', answer: ModelsAnswer, problems: MODEL_PROBLEMS }),
    query(NoQuery),
    async (c) => {
      const { classifier } = c.var;
      const models = [summary(await classifier.describe())];
      return c.json({ models, heads: await classifier.headNames() });
    },
  )
  .get(
    '/v1/models/:name',
    operation({
      tag: 'own',
      summary: 'A model, layer by layer',
      answer: ModelAnswer,
      problems: [...MODEL_PROBLEMS, 404],
    }),
    query(NoQuery),
    async (c) => {
      const model = await findModel(c, c.req.param('name'));
      return c.json({ ...details(model), model_version_status: versionStatus(model) });
    },
  );
