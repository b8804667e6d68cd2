// The Open Inference Protocol v2 (KServe, Triton): server and model metadata, health, inference. `ready` loads
// the model first, because a probe that waits for readiness sends no inference.
import { type Context, Hono } from 'hono';
import { ServiceError } from '../../../errors.ts';
import { elements, inferShapes } from '../../../network/shapes.ts';
import { type AppEnv, budgetOf } from '../../context.ts';
import { maxFiles, maxJsonBytes } from '../../limits.ts';
import { CLASSIFY_PROBLEMS, EXAMPLE_IMAGE, MODEL_PROBLEMS, operation } from '../../openapi/operation.ts';
import { query } from '../../openapi/validation.ts';
import type { ErrorForm } from '../../problem.ts';
import { findModel, numericVersion } from '../../v1/model-name.ts';
import { NoQuery } from '../../v1/schemas.ts';
import type { Dialect } from '../dialect.ts';
import { denormalize } from './denormalize.ts';
import { InferBody, type InferRequest, readInferRequest } from './request.ts';
import { inferResponse } from './response.ts';
import {
  InferAnswer,
  InferError,
  InferenceModelAnswer,
  InferenceServerAnswer,
  LiveAnswer,
  ModelReadyAnswer,
  ReadyAnswer,
} from './schemas.ts';

async function metadata(c: Context<AppEnv>, name: string, version?: string) {
  const model = await findModel(c, name, version);
  const { size, channels } = model.network.input;
  const dense = inferShapes(model.network).filter(({ layer }) => layer.type === 'dense');
  const embedding = dense.at(-1)?.input;
  const classes = model.labels.length;
  return c.json({
    name: model.name,
    versions: [numericVersion(model)],
    platform: 'alexnet_edge',
    inputs: [
      { name: 'image', datatype: 'BYTES', shape: [-1] },
      { name: 'data', datatype: 'FP32', shape: [-1, channels, size, size] },
    ],
    outputs: [
      { name: 'prob', datatype: 'FP32', shape: [-1, classes] },
      { name: 'logits', datatype: 'FP32', shape: [-1, classes] },
      { name: 'embedding', datatype: 'FP32', shape: [-1, embedding ? elements(embedding) : 0] },
      ...(model.known ? [{ name: 'known', datatype: 'FP32', shape: [-1, 1] }] : []),
    ],
  });
}

async function ready(c: Context<AppEnv>, name: string, version?: string) {
  const model = await findModel(c, name, version);
  await c.var.classifier.load();
  return c.json({ name: model.name, ready: true });
}

async function predict(c: Context<AppEnv>, { input }: InferRequest) {
  const { classifier } = c.var;
  if ('images' in input) {
    const batch = await classifier.classifyAll(input.images, { exif: 'apply', crops: 1 });
    return batch.results.map((result) => {
      // The protocol has no place for an error of one picture.
      if (result instanceof ServiceError) throw result;
      return result;
    });
  }
  const { results } = await classifier.classifyPixels(({ preprocess, network }) =>
    denormalize(input.data, network.input.size, preprocess),
  );
  return results;
}

async function infer(c: Context<AppEnv>, name: string, version?: string) {
  const model = await findModel(c, name, version);
  const limits = {
    json: maxJsonBytes(c.env),
    binary: c.var.classifier.limits.bytes,
    files: maxFiles(c.env),
  };
  const request = await readInferRequest(c.req.raw, model, limits, budgetOf(c));
  return inferResponse(c, request.id, request.outputs, await predict(c, request), model);
}

const tag = 'Open Inference Protocol';
const form: ErrorForm = {
  name: 'Inference',
  contentType: 'application/json',
  schema: InferError,
  body: ({ detail }) => ({ error: detail }),
};

const describeMetadata = operation({
  tag,
  form,
  summary: 'Model metadata',
  answer: InferenceModelAnswer,
  problems: [...MODEL_PROBLEMS, 404],
});
const describeReady = operation({
  tag,
  form,
  summary: 'Whether the model is loaded; loads it',
  answer: ModelReadyAnswer,
  problems: [...MODEL_PROBLEMS, 404],
});
const describeInfer = operation({
  tag,
  form,
  summary: 'Inference',
  answer: InferAnswer,
  body: {
    json: {
      schema: InferBody,
      example: {
        id: '1',
        inputs: [{ name: 'image', shape: [1], datatype: 'BYTES', data: [EXAMPLE_IMAGE] }],
        outputs: [{ name: 'prob', parameters: { classification: 3 } }],
      },
    },
  },
  problems: [...CLASSIFY_PROBLEMS, 404],
});

const routes = new Hono<AppEnv>()
  .get(
    '/v2',
    operation({ tag, form, summary: 'Server metadata', answer: InferenceServerAnswer, problems: [400, 401] }),
    query(NoQuery),
    (c) =>
      c.json({
        name: 'alexnet-edge',
        version: '2',
        extensions: ['classification', 'binary_tensor_data'],
      }),
  )
  .get(
    '/v2/health/live',
    operation({ tag, form, summary: 'Process up', answer: LiveAnswer, problems: [400] }),
    query(NoQuery),
    (c) => c.json({ live: true }),
  )
  .get(
    '/v2/health/ready',
    operation({
      tag,
      form,
      summary: 'Model loaded; loads it',
      answer: ReadyAnswer,
      problems: [400, 500, 504],
    }),
    query(NoQuery),
    async (c) => {
      await c.var.classifier.load();
      return c.json({ ready: true });
    },
  )
  .get('/v2/models/:model', describeMetadata, query(NoQuery), (c) => metadata(c, c.req.param('model')))
  .get('/v2/models/:model/versions/:version', describeMetadata, query(NoQuery), (c) =>
    metadata(c, c.req.param('model'), c.req.param('version')),
  )
  .get('/v2/models/:model/ready', describeReady, query(NoQuery), (c) => ready(c, c.req.param('model')))
  .get('/v2/models/:model/versions/:version/ready', describeReady, query(NoQuery), (c) =>
    ready(c, c.req.param('model'), c.req.param('version')),
  )
  .post('/v2/models/:model/infer', describeInfer, query(NoQuery), (c) => infer(c, c.req.param('model')))
  .post('/v2/models/:model/versions/:version/infer', describeInfer, query(NoQuery), (c) =>
    infer(c, c.req.param('model'), c.req.param('version')),
  );

export const openInference: Dialect = {
  routes,
  errors: { prefixes: ['/v2'], form },
  open: ['/v2/health/live', '/v2/health/ready'],
  headers: ['Inference-Header-Content-Length'],
};
