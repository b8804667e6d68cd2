// GET /v1/models and GET /v1/models/{name}: what the model is, where it comes from, how it reads a picture, and
// every layer with its shapes.
import { Hono } from 'hono';
import type { Layer, Shape } from '../../network/layer.ts';
import type { ModelInfo } from '../../network/model-info.ts';
import type { Preprocess } from '../../network/preprocess.ts';
import { inferShapes } from '../../network/shapes.ts';
import type { AppEnv } from '../context.ts';
import { MODEL_PROBLEMS, operation } from '../openapi/operation.ts';
import { query } from '../openapi/validation.ts';
import { PAPER, trainingOf } from './model-card.ts';
import { findModel, modelName, numericVersion } from './model-name.ts';
import { ModelAnswer, ModelsAnswer, NoQuery } from './schemas.ts';

/** The versions that are served, and their state. */
export function versionStatus(model: ModelInfo) {
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
    preprocessing: preprocessing(model.preprocess),
    source: from,
    source_sha256: model.source.sha256,
    licence,
    accuracy: accuracy ?? null,
  };
}

function preprocessing({ resize, resizeTo, crop, mean, std, trainedOn }: Preprocess) {
  return { resize, resize_to: resizeTo, crop, mean, std, trained_on: trainedOn };
}

/** The layer's own members, by name: a new one inside is no new one on the wire. */
function layerMembers(layer: Layer) {
  const { type, name } = layer;
  switch (layer.type) {
    case 'conv': {
      const { kernel, stride, pad, groups, out, relu } = layer;
      return { type, name, kernel, stride, pad, groups, out, relu };
    }
    case 'lrn': {
      const { size, alpha, beta, k } = layer;
      return { type, name, size, alpha, beta, k };
    }
    case 'maxpool': {
      const { kernel, stride, ceil } = layer;
      return { type, name, kernel, stride, ceil };
    }
    case 'dense': {
      const { out, relu } = layer;
      return { type, name, out, relu };
    }
    case 'softmax':
      return { type, name };
  }
}

function shape({ height, width, channels }: Shape): [number, number, number] {
  return [height, width, channels];
}

function details(model: ModelInfo) {
  const layers = inferShapes(model.network).map(({ layer, input, output, macs, parameters }) => ({
    ...layerMembers(layer),
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
    training: trainingOf(model),
    paper: PAPER,
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
