// POST /v1/classify: the own route. A raw image, JSON with base64, or a form with files.
import { type Context, Hono } from 'hono';
import * as v from 'valibot';
import type { ImageSource } from '../../classify/classifier.ts';
import { excerpt, ServiceError } from '../../errors.ts';
import { decodeBase64 } from '../body/base64.ts';
import { openBody, readJson, requestUpload } from '../body/body.ts';
import { multipartBoundary, multipartParts } from '../body/multipart.ts';
import { type AppEnv, budgetOf } from '../context.ts';
import { maxFiles, maxJsonBytes } from '../limits.ts';
import { CLASSIFY_PROBLEMS, EXAMPLE_IMAGE, operation } from '../openapi/operation.ts';
import { parseJson, query } from '../openapi/validation.ts';
import { problemDocument } from '../problem.ts';
import { imageResult, readOptions } from './answer.ts';
import { modelName } from './model-name.ts';
import { ClassifyAnswer, ClassifyBody, ClassifyQuery, FilesAnswer } from './schemas.ts';

/** A raw image, or JSON with base64. Throws ServiceError as openBody and decodeBase64 do. */
export async function readSource(c: Context<AppEnv>): Promise<ImageSource> {
  const { bytes } = c.var.classifier.limits;
  const body = await openBody(c.req.raw, { image: bytes, json: maxJsonBytes(c.env) }, budgetOf(c));
  if (body.kind === 'image') return body.upload;
  const { image } = parseJson(ClassifyBody, await readJson(body.upload));
  return decodeBase64(image, 'image');
}

/** The files of a form; their names are added to `names` as they come. */
async function* formFiles(
  c: Context<AppEnv>,
  boundary: string,
  names: string[],
): AsyncGenerator<ImageSource> {
  const limit = maxFiles(c.env);
  const { bytes } = c.var.classifier.limits;
  const body = requestUpload(c.req.raw, budgetOf(c)).limit(limit * bytes, 'form');
  for await (const { name, filename, body: file } of multipartParts(body, boundary)) {
    if (filename === undefined)
      throw new ServiceError(
        'bad-parameter',
        `form field ${excerpt(name)}: expected a file; parameters go into the query`,
        {
          members: { parameter: excerpt(name) },
        },
      );
    if (names.length === limit)
      throw new ServiceError('too-many-files', `expected at most ${limit} files`, {
        members: { limit: { files: limit } },
      });
    names.push(filename);
    yield file.limit(bytes, excerpt(filename));
  }
  if (names.length === 0)
    throw new ServiceError('empty-body', 'expected at least one file in the form, got none');
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
    const parameters = c.req.valid('query');
    const { requestId } = c.var;
    if (parameters.head) await c.var.classifier.useHeads(parameters.head);
    const boundary = multipartBoundary(c.req.header('content-type') ?? null);
    const options = readOptions(parameters);
    if (boundary === undefined) {
      const { model, ...classified } = await c.var.classifier.classify(await readSource(c), options);
      const result = imageResult(classified, model, parameters);
      return c.json({ model: modelName(model), ...result, request_id: requestId });
    }
    const names: string[] = [];
    const batch = await c.var.classifier.classifyAll(formFiles(c, boundary, names), options);
    const [only] = batch.results;
    if (only && batch.results.length === 1) {
      if (only instanceof ServiceError) throw only;
      const result = imageResult(only, batch.model, parameters);
      return c.json({ model: modelName(batch.model), ...result, request_id: requestId });
    }
    const results = batch.results.map((result, i) => {
      const file = names[i] ?? '';
      return result instanceof ServiceError
        ? { file, problem: problemDocument(result, c.req.path, requestId) }
        : { file, ...imageResult(result, batch.model, parameters) };
    });
    return c.json({ model: modelName(batch.model), results, request_id: requestId });
  },
);
