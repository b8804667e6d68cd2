// POST /v1/classify: the own route. A raw image, JSON with one picture or a list, or a form with files.
import { type Context, Hono } from 'hono';
import * as v from 'valibot';
import type { Batch, Classified, ImageSource } from '../../classify/classifier.ts';
import { badParameter, excerpt, ServiceError } from '../../errors.ts';
import type { ModelInfo } from '../../network/model-info.ts';
import { openBody, readJson } from '../body/body.ts';
import { multipartBoundary } from '../body/multipart.ts';
import { PictureBody, pictureSource } from '../body/picture.ts';
import { type AppEnv, budgetOf } from '../context.ts';
import { jsonBytes, Later } from '../json-pieces.ts';
import { maxFiles, maxJsonBytes } from '../limits.ts';
import { CLASSIFY_PROBLEMS, EXAMPLE_IMAGE, operation } from '../openapi/operation.ts';
import { parseJson, query } from '../openapi/validation.ts';
import { jsonAnswer } from '../paced-answer.ts';
import { problemDocument } from '../problem.ts';
import { imageResult, imageResultBytes, readOptions } from './classify-result.ts';
import { Form, tooManyFiles } from './form.ts';
import { modelName } from './model-name.ts';
import { ClassifyAnswer, ClassifyBody, ClassifyQuery, FilesAnswer } from './schemas.ts';

/** A raw image, or JSON with one picture. Throws ServiceError as openBody and pictureSource do. */
export async function readSource(c: Context<AppEnv>): Promise<ImageSource> {
  const { bytes } = c.var.classifier.limits;
  const body = await openBody(c.req.raw, { image: bytes, json: maxJsonBytes(c.env) }, budgetOf(c));
  if (body.kind === 'image') return body.upload;
  return pictureSource(c.env, c.var.classifier, parseJson(PictureBody, await readJson(body.upload)));
}

interface List {
  names: readonly string[];
  sources: AsyncIterable<ImageSource> | Iterable<ImageSource>;
}

/** What a body that is no form holds: one picture, or a list of them. Throws ServiceError as readSource does. */
export async function readBody(c: Context<AppEnv>): Promise<{ source: ImageSource } | List> {
  const { bytes } = c.var.classifier.limits;
  const body = await openBody(c.req.raw, { image: bytes, json: maxJsonBytes(c.env) }, budgetOf(c));
  if (body.kind === 'image') return { source: body.upload };
  const { images, ...picture } = parseJson(ClassifyBody, await readJson(body.upload));
  if (images === undefined) return { source: pictureSource(c.env, c.var.classifier, picture) };
  const [other] = Object.keys(picture);
  if (other !== undefined) throw badParameter(other, 'images alone');
  const limit = maxFiles(c.env);
  if (images.length > limit) throw tooManyFiles(limit);
  const pictures = images.map((entry) => (typeof entry === 'string' ? { image: entry } : entry));
  return {
    names: pictures.map(({ key, url }, i) => excerpt(key ?? url ?? `images.${i}`)),
    sources: pictures.map((entry, i) => pictureSource(c.env, c.var.classifier, entry, `images.${i}.`)),
  };
}

function answer(c: Context<AppEnv>, classified: Classified, model: ModelInfo, parameters: ClassifyQuery) {
  return {
    model: modelName(model),
    ...imageResult(classified, model, parameters),
    request_id: c.var.requestId,
  };
}

function listAnswer(
  c: Context<AppEnv>,
  { model, results }: Batch,
  names: readonly string[],
  parameters: ClassifyQuery,
) {
  return {
    model: modelName(model),
    results: results.map((result, i) => {
      const file = names[i] ?? '';
      if (result instanceof ServiceError)
        return { file, problem: problemDocument(result, c.req.path, c.var.requestId) };
      const models = [model, ...(result.heads ?? []).map((head) => head.model)];
      const bytes = jsonBytes({ file }) + imageResultBytes(models, parameters, result.prediction);
      return new Later(bytes, () => ({ file, ...imageResult(result, model, parameters) }));
    }),
    request_id: c.var.requestId,
  };
}

export const classifyRoute = new Hono<AppEnv>().post(
  '/v1/classify',
  operation({
    tag: 'own',
    summary: 'Classify a picture, or the files of a form',
    answer: v.union([ClassifyAnswer, FilesAnswer]),
    body: { image: true, form: true, json: { schema: ClassifyBody, example: { image: EXAMPLE_IMAGE } } },
    problems: [...CLASSIFY_PROBLEMS, 404, 409],
  }),
  query(ClassifyQuery),
  async (c) => {
    const boundary = multipartBoundary(c.req.header('content-type') ?? null);
    if (boundary !== undefined) {
      const form = new Form(c, boundary);
      await form.begin();
      if (form.parameters.head) await c.var.classifier.useHeads(form.parameters.head);
      const batch = await c.var.classifier.classifyAll(form.files(), readOptions(form.parameters));
      const [only] = batch.results;
      if (!only || batch.results.length > 1)
        return jsonAnswer(c, listAnswer(c, batch, form.names, form.parameters));
      if (only instanceof ServiceError) throw only;
      return jsonAnswer(c, answer(c, only, batch.model, form.parameters));
    }
    const parameters = c.req.valid('query');
    if (parameters.head) await c.var.classifier.useHeads(parameters.head);
    const body = await readBody(c);
    if ('sources' in body) {
      const batch = await c.var.classifier.classifyAll(body.sources, readOptions(parameters));
      return jsonAnswer(c, listAnswer(c, batch, body.names, parameters));
    }
    const { model, ...classified } = await c.var.classifier.classify(body.source, readOptions(parameters));
    return jsonAnswer(c, answer(c, classified, model, parameters));
  },
);
