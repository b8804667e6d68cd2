// Indexes of photos, to find those that are alike (Krizhevsky et al. 2012, figure 4):
//   PUT, DELETE /v1/index/{name}/{key}   POST /v1/index/{name}:search   GET, DELETE /v1/index/{name}
//   GET /v1/index/{name}/duplicates
import { type Context, Hono } from 'hono';
import type { ImageSource } from '../../classify/classifier.ts';
import { excerpt, ServiceError } from '../../errors.ts';
import type { PhotoIndex } from '../../retrieval/photo-index.ts';
import { photoVector, unit } from '../../retrieval/projection.ts';
import { openBody, readJson } from '../body/body.ts';
import { PictureBody, pictureSource } from '../body/picture.ts';
import { type AppEnv, budgetOf } from '../context.ts';
import { maxJsonBytes } from '../limits.ts';
import { requireWrite } from '../middleware/require-write.ts';
import { CLASSIFY_PROBLEMS, EXAMPLE_IMAGE, MODEL_PROBLEMS, operation } from '../openapi/operation.ts';
import { parseJson, query } from '../openapi/validation.ts';
import { readSource } from './classify.ts';
import {
  ChangedAnswer,
  ClearedAnswer,
  DuplicatesAnswer,
  DuplicatesQuery,
  IndexAnswer,
  PutPhotoQuery,
  SearchAnswer,
  SearchBody,
  SearchQuery,
} from './photo-index-schemas.ts';
import { NoQuery } from './schemas.ts';

const EXAMPLE = { image: EXAMPLE_IMAGE };
const PROBLEMS = [...MODEL_PROBLEMS, 404, 409] as const;
const PICTURE_PROBLEMS = [...CLASSIFY_PROBLEMS, 409] as const;
const ACTION = /:search$/;

/** Does something with an index. What its store throws is the store's fault. */
async function withIndex<T>(
  c: Context<AppEnv>,
  name: string,
  use: (index: PhotoIndex) => Promise<T>,
): Promise<T> {
  const { classifier, isolate } = c.var;
  const { sha256 } = await classifier.describe();
  const index = isolate.retrieval.open(c.env, name, { model: sha256, budget: budgetOf(c) });
  try {
    return await use(index);
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause;
    throw new ServiceError('index-unreachable', `index ${excerpt(name)}: its store did not answer`, {
      cause,
    });
  }
}

/** The vector of a picture: f32 [1024]. */
async function vectorOf(
  c: Context<AppEnv>,
  source: ImageSource,
  exif: 'apply' | 'ignore',
): Promise<Float32Array> {
  const { prediction } = await c.var.classifier.classify(source, { exif, crops: 1 });
  return photoVector(prediction.embedding);
}

/** The vector that a search is for: of a picture, or as it was sent. */
async function wanted(c: Context<AppEnv>, exif: 'apply' | 'ignore'): Promise<Float32Array> {
  const { bytes } = c.var.classifier.limits;
  const body = await openBody(c.req.raw, { image: bytes, json: maxJsonBytes(c.env) }, budgetOf(c));
  if (body.kind === 'image') return vectorOf(c, body.upload, exif);
  const { vector, ...picture } = parseJson(SearchBody, await readJson(body.upload));
  if (vector === undefined) return vectorOf(c, pictureSource(c.env, c.var.classifier, picture), exif);
  const [other] = Object.keys(picture);
  if (other === undefined) return unit(vector);
  throw new ServiceError('bad-parameter', `${other}: expected vector alone`, {
    members: { parameter: other },
  });
}

export const photoIndexRoute = new Hono<AppEnv>()
  .put(
    '/v1/index/:name/:key{.+}',
    operation({
      tag: 'own',
      summary: 'Add a photo to an index, in the place of an older one of its key',
      answer: ChangedAnswer,
      body: { image: true, json: { schema: PictureBody, example: EXAMPLE } },
      problems: [...PICTURE_PROBLEMS, 403],
      write: true,
    }),
    requireWrite,
    query(PutPhotoQuery),
    async (c) => {
      const { name, key } = c.req.param();
      const { exif } = c.req.valid('query');
      await withIndex(c, name, async (index) => index.put(key, await vectorOf(c, await readSource(c), exif)));
      return c.json({ index: name, key, request_id: c.var.requestId });
    },
  )
  .delete(
    '/v1/index/:name/:key{.+}',
    operation({
      tag: 'own',
      summary: 'Remove a photo from an index',
      answer: ChangedAnswer,
      problems: [...PROBLEMS, 403],
      write: true,
    }),
    requireWrite,
    query(NoQuery),
    async (c) => {
      const { name, key } = c.req.param();
      await budgetOf(c).admit();
      await withIndex(c, name, (index) => index.remove(key));
      return c.json({ index: name, key, request_id: c.var.requestId });
    },
  )
  .get(
    '/v1/index/:name',
    operation({ tag: 'own', summary: 'What an index holds', answer: IndexAnswer, problems: [...PROBLEMS] }),
    query(NoQuery),
    async (c) => {
      const name = c.req.param('name');
      const facts = await withIndex(c, name, (index) => index.facts());
      return c.json({ index: name, ...facts, request_id: c.var.requestId });
    },
  )
  .delete(
    '/v1/index/:name',
    operation({
      tag: 'own',
      summary: 'Remove a whole index',
      answer: ClearedAnswer,
      problems: [...PROBLEMS, 403],
      write: true,
    }),
    requireWrite,
    query(NoQuery),
    async (c) => {
      const name = c.req.param('name');
      await budgetOf(c).admit();
      await withIndex(c, name, (index) => index.clear());
      return c.json({ index: name, request_id: c.var.requestId });
    },
  )
  .get(
    '/v1/index/:name/duplicates',
    operation({
      tag: 'own',
      summary: 'Pairs of photos of an index that are nearly the same',
      answer: DuplicatesAnswer,
      problems: [...PROBLEMS],
    }),
    query(DuplicatesQuery),
    async (c) => {
      const name = c.req.param('name');
      await budgetOf(c).admit();
      const { max_distance } = c.req.valid('query');
      const found = await withIndex(c, name, (index) => index.duplicates(max_distance));
      return c.json({ index: name, ...found, request_id: c.var.requestId });
    },
  )
  .post(
    '/v1/index/:target{.+:search}',
    operation({
      tag: 'own',
      summary: 'The photos of an index that are most like a picture, or a vector',
      answer: SearchAnswer,
      body: { image: true, json: { schema: SearchBody, example: EXAMPLE } },
      problems: [...PICTURE_PROBLEMS, 404],
    }),
    query(SearchQuery),
    async (c) => {
      const name = c.req.param('target').replace(ACTION, '');
      const { k, exif } = c.req.valid('query');
      const matches = await withIndex(c, name, async (index) => index.search(await wanted(c, exif), k));
      return c.json({ index: name, matches, request_id: c.var.requestId });
    },
  );

/** The address of the search as the document shows it. */
export const PHOTO_INDEX_PATHS = { '/v1/index/{target}': '/v1/index/{name}:search' };
