// POST /v1/classify: the own route. A raw image, JSON with base64, or a form with files.
import { type Context, Hono } from 'hono';
import * as v from 'valibot';
import { classify, classifyAll, type ImageSource } from '../../classify/classify.ts';
import { ServiceError } from '../../errors.ts';
import { decodeBase64 } from '../body/base64.ts';
import { capStream, emptyBody, openBody, readJson } from '../body/body.ts';
import { multipartBoundary, multipartParts } from '../body/multipart.ts';
import { type AppEnv, holdOf, readerOf, supplyOf } from '../context.ts';
import { maxFiles, maxJsonBytes } from '../limits.ts';
import { noteBatch } from '../middleware/record.ts';
import { CLASSIFY_PROBLEMS, EXAMPLE_IMAGE, operation } from '../openapi/operation.ts';
import { parseJson, query } from '../openapi/validation.ts';
import { problemDocument } from '../problem.ts';
import { imageResult, readOptions } from './answer.ts';
import { modelName } from './model-name.ts';
import { ClassifyAnswer, ClassifyBody, ClassifyQuery, FilesAnswer } from './schemas.ts';

/** A raw image, or JSON with base64. Throws ServiceError as openBody and decodeBase64 do. */
export async function readSource(c: Context<AppEnv>): Promise<ImageSource> {
  const { bytes } = readerOf(c).limits;
  const body = await openBody(c.req.raw, { image: bytes, json: maxJsonBytes(c.env) }, holdOf(c));
  if (body.kind === 'image') return body.stream;
  const { image } = parseJson(ClassifyBody, await readJson(body.stream));
  return decodeBase64(image, 'image');
}

/** The files of a form; their names are added to `names` as they come. */
async function* formFiles(
  c: Context<AppEnv>,
  boundary: string,
  names: string[],
): AsyncGenerator<ImageSource> {
  if (!c.req.raw.body) throw emptyBody();
  const limit = maxFiles(c.env);
  const { bytes } = readerOf(c).limits;
  const body = capStream(c.req.raw.body, limit * bytes, 'form');
  for await (const { name, filename, body: file } of multipartParts(body, boundary)) {
    if (filename === undefined)
      throw new ServiceError(
        'bad-parameter',
        `form field ${name}: expected a file; parameters go into the query`,
        {
          members: { parameter: name },
        },
      );
    if (names.length === limit)
      throw new ServiceError('too-many-files', `expected at most ${limit} files`, {
        members: { limit: { files: limit } },
      });
    names.push(filename);
    yield capStream(file, bytes, filename);
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
    problems: CLASSIFY_PROBLEMS,
  }),
  query(ClassifyQuery),
  async (c) => {
    const parameters = c.req.valid('query');
    const { requestId } = c.var;
    const boundary = multipartBoundary(c.req.header('content-type') ?? null);
    const options = readOptions(parameters);
    if (boundary === undefined) {
      const batch = await classify(await readSource(c), options, readerOf(c), supplyOf(c));
      noteBatch(c.var.record, batch);
      const result = imageResult(batch.result, batch.model, parameters);
      return c.json({ model: modelName(batch.model), ...result, request_id: requestId });
    }
    const names: string[] = [];
    const batch = await classifyAll(formFiles(c, boundary, names), options, readerOf(c), supplyOf(c));
    noteBatch(c.var.record, batch);
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
