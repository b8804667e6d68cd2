// The TensorFlow Serving REST dialect: POST /v1/models/{model}:predict (also with /versions/{n}) in row format. Each
// prediction carries named outputs, as a signature with several outputs does: the best class and all probabilities.
// Before they predict, clients ask GET /v1/models/{model} (our own route, which has the member that they read),
// .../versions/{n} and .../metadata.
// Source: tensorflow/serving, docs "RESTful API", "Predict API" and "Model status API".
import { type Context, Hono } from 'hono';
import type * as v from 'valibot';
import { rankLabels } from '../../../classify/rank.ts';
import { knownMembers } from '../../../classify/result.ts';
import { ServiceError } from '../../../errors.ts';
import { decodeBase64 } from '../../body/base64.ts';
import { readJson, wholeBody } from '../../body/body.ts';
import { type AppEnv, budgetOf } from '../../context.ts';
import { maxFiles, maxJsonBytes } from '../../limits.ts';
import { CLASSIFY_PROBLEMS, EXAMPLE_IMAGE, MODEL_PROBLEMS, operation } from '../../openapi/operation.ts';
import { parseJson, query } from '../../openapi/validation.ts';
import { jsonAnswer } from '../../paced-answer.ts';
import { findModel } from '../../v1/model-name.ts';
import { versionStatus } from '../../v1/models.ts';
import { NoQuery } from '../../v1/schemas.ts';
import type { Dialect } from '../dialect.ts';
import { metadata } from './metadata.ts';
import { MetadataAnswer, StatusAnswer, TensorflowAnswer, TensorflowBody } from './schemas.ts';

function base64Of(instance: v.InferOutput<typeof TensorflowBody>['instances'][number]): string {
  if ('b64' in instance) return instance.b64;
  return 'image' in instance ? instance.image.b64 : instance.image_bytes.b64;
}

async function predict(c: Context<AppEnv>, model: string, version?: string) {
  await findModel(c, model, version);
  const { instances } = parseJson(
    TensorflowBody,
    await readJson(await wholeBody(c.req.raw, maxJsonBytes(c.env), budgetOf(c))),
  );
  const limit = maxFiles(c.env);
  if (instances.length > limit)
    throw new ServiceError(
      'too-many-files',
      `instances: expected at most ${limit}, got ${instances.length}`,
      {
        members: { limit: { files: limit } },
      },
    );
  const sources = instances.map((instance, i) => decodeBase64(base64Of(instance), `instances.${i}`));
  const batch = await c.var.classifier.classifyAll(sources, { exif: 'apply', crops: 1 });
  const predictions = batch.results.map((result) => {
    // The protocol has no place for an error of one instance.
    if (result instanceof ServiceError) throw result;
    const { probabilities } = result.prediction;
    const [best] = rankLabels(probabilities, batch.model, { topK: 1, minScore: 0 });
    return {
      classes: best?.index ?? 0,
      label: best?.label ?? '',
      probabilities,
      ...knownMembers(result.known),
    };
  });
  return jsonAnswer(c, { predictions });
}

const tag = 'TensorFlow Serving';

const describePredict = operation({
  tag,
  summary: 'The Predict API in row format',
  answer: TensorflowAnswer,
  body: { json: { schema: TensorflowBody, example: { instances: [{ b64: EXAMPLE_IMAGE }] } } },
  problems: [...CLASSIFY_PROBLEMS, 404],
});

const describeStatus = operation({
  tag,
  summary: 'Whether a version is served',
  answer: StatusAnswer,
  problems: [...MODEL_PROBLEMS, 404],
});

const describeMetadata = operation({
  tag,
  summary: 'The signature: what is read and answered',
  answer: MetadataAnswer,
  problems: [...MODEL_PROBLEMS, 404],
});

const ACTION = /:predict$/;

/** Model names with slashes match `.+`, too, so the longer address comes first. */
const routes = new Hono<AppEnv>()
  .get('/v1/models/:model/versions/:version{[0-9]+}', describeStatus, query(NoQuery), async (c) => {
    const model = await findModel(c, c.req.param('model'), c.req.param('version'));
    return c.json({ model_version_status: versionStatus(model) });
  })
  .get('/v1/models/:model/metadata', describeMetadata, query(NoQuery), async (c) =>
    c.json(metadata(await findModel(c, c.req.param('model')))),
  )
  .get('/v1/models/:model/versions/:version{[0-9]+}/metadata', describeMetadata, query(NoQuery), async (c) =>
    c.json(metadata(await findModel(c, c.req.param('model'), c.req.param('version')))),
  )
  .post('/v1/models/:model/versions/:target{[0-9]+:predict}', describePredict, query(NoQuery), (c) =>
    predict(c, c.req.param('model'), c.req.param('target').replace(ACTION, '')),
  )
  .post('/v1/models/:target{.+:predict}', describePredict, query(NoQuery), (c) =>
    predict(c, c.req.param('target').replace(ACTION, '')),
  );

export const tensorflowServing: Dialect = {
  routes,
  documentedPaths: {
    '/v1/models/{model}/versions/{target}': '/v1/models/{model}/versions/{version}:predict',
    '/v1/models/{target}': '/v1/models/{model}:predict',
  },
};
