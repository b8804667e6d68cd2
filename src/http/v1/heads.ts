// Heads, own classes on the model: taught photo by photo, trained, published, rolled back, deleted. What writes goes to
// the head's Durable Object and needs a token of the scope write; what reads reads the bucket.
import { type Context, Hono } from 'hono';
import type { ImageSource } from '../../classify/classifier.ts';
import { ServiceError } from '../../errors.ts';
import { wilson } from '../../heads/accuracy.ts';
import { featureLayers } from '../../heads/features.ts';
import { readPointer } from '../../heads/publish.ts';
import { checkHeadName } from '../../heads/published.ts';
import { answered, type Reply } from '../../isolate/reply.ts';
import { objectsOf } from '../../model/objects.ts';
import { checkLabel } from '../../training/example-store.ts';
import { multipartBoundary } from '../body/multipart.ts';
import type { AppEnv } from '../context.ts';
import { headLimits } from '../limits.ts';
import { requireWrite } from '../middleware/require-write.ts';
import { CLASSIFY_PROBLEMS, EXAMPLE_IMAGE, operation, type Status } from '../openapi/operation.ts';
import { query } from '../openapi/validation.ts';
import { problemDocument } from '../problem.ts';
import { readBody } from './classify.ts';
import { Form } from './form.ts';
import {
  AddedAnswer,
  ExamplesAnswer,
  ExamplesQuery,
  HeadAnswer,
  HeadsAnswer,
  RemovedAnswer,
  RolledBackAnswer,
  TrainedAnswer,
} from './heads-schemas.ts';
import { ClassifyBody, NoQuery } from './schemas.ts';

/** How the document names the addresses whose last part is a name and an action. */
export const DOCUMENTED_PATHS = {
  '/v1/heads/{train}': '/v1/heads/{name}:train',
  '/v1/heads/{rollback}': '/v1/heads/{name}:rollback',
};

const READ_PROBLEMS: Status[] = [400, 401, 504];
const WRITE_PROBLEMS: Status[] = [400, 401, 403, 500, 504];

/** The Durable Object of a head. Throws ServiceError bad-parameter, binding-missing. */
function trainerOf(c: Context<AppEnv>, name: string) {
  checkHeadName(name);
  if (!c.env.HEADS)
    throw new ServiceError(
      'binding-missing',
      'expected the Durable Object binding HEADS (wrangler.toml), found none; `npm run heads` needs none',
    );
  return c.env.HEADS.get(c.env.HEADS.idFromName(name));
}

/** What the object answers. Throws ServiceError head-unreachable, and what it replied. */
async function ask<T>(name: string, question: Promise<Reply<T>>): Promise<T> {
  const reply = await question.catch((cause: unknown) => {
    throw new ServiceError(
      'head-unreachable',
      `the examples of head ${name} could not be reached: try again`,
      {
        cause,
      },
    );
  });
  return answered(reply);
}

/** The same, of what answers nothing but values. */
function askPlain<T>(name: string, question: Promise<T>): Promise<T> {
  return ask(
    name,
    question.then((value) => ({ ok: true as const, value })),
  );
}

function accuracyOf(correct: number, photos: readonly number[]) {
  const of = photos.reduce((sum, count) => sum + count, 0);
  const [low, high] = wilson(correct, of);
  return { correct, of, share: correct / of, low, high };
}

function classesOf(labels: readonly string[], photos: readonly number[]) {
  return labels.map((label, i) => ({ label, photos: photos[i] ?? 0 }));
}

interface Pictures {
  sources: AsyncIterable<ImageSource> | Iterable<ImageSource>;
  names: readonly string[];
  /** Several may have come: one that cannot be read fails alone. */
  list: boolean;
}

/** Throws ServiceError as openBody, pictureSource and Form do. */
async function picturesOf(c: Context<AppEnv>): Promise<Pictures> {
  const boundary = multipartBoundary(c.req.header('content-type') ?? null);
  if (boundary !== undefined) {
    const form = new Form(c, boundary);
    await form.begin();
    return { sources: form.files(), names: form.names, list: true };
  }
  const body = await readBody(c);
  return 'sources' in body ? { ...body, list: true } : { sources: [body.source], names: [], list: false };
}

async function addExamples(c: Context<AppEnv>, name: string, label: string, exif: 'apply' | 'ignore') {
  const trainer = trainerOf(c, name);
  checkLabel(label);
  const { sources, names, list } = await picturesOf(c);
  const { model, results } = await c.var.classifier.readFeatures(sources, exif);
  const [only] = results;
  if (only instanceof ServiceError && (!list || results.length === 1)) throw only;
  const layers = featureLayers(model);
  const backbone = { name: model.name, sha256: model.sha256, layers };
  const features = results.flatMap((each) => (each instanceof ServiceError ? [] : [joined(each)]));
  const { photos, examples } = await ask(name, trainer.add(label, features, backbone, headLimits(c.env)));
  const added = [...examples];
  return {
    name,
    label,
    photos,
    examples: results.map((each, i) => {
      const file = names[i] === undefined ? {} : { file: names[i] };
      if (each instanceof ServiceError)
        return { ...file, problem: problemDocument(each, c.req.path, c.var.requestId) };
      const { id, added: fresh } = added.shift() ?? { id: '', added: false };
      return { ...file, id, added: fresh };
    }),
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const tag = 'own classes';

export const headsRoute = new Hono<AppEnv>()
  .get(
    '/v1/heads',
    operation({ tag, summary: 'The published heads', answer: HeadsAnswer, problems: READ_PROBLEMS }),
    query(NoQuery),
    async (c) => c.json({ heads: await c.var.classifier.headNames() }),
  )
  .get(
    '/v1/heads/:name',
    operation({
      tag,
      summary: 'A published head: its classes, its accuracy, its versions',
      answer: HeadAnswer,
      problems: [...READ_PROBLEMS, 404, 500],
    }),
    query(NoQuery),
    async (c) => {
      const name = checkHeadName(c.req.param('name'));
      const objects = objectsOf(c.env.MODELS);
      const found = await c.var.isolate.heads.find(name, objects);
      const pointer = found && (await readPointer(objects, name));
      if (!found || !pointer)
        throw new ServiceError('not-found', `there is no head ${name}; GET /v1/heads lists them`);
      const { backbone, layer, lambda, temperature, labels, photos, strangers, correct } = found.head.facts;
      return c.json({
        name,
        version: found.sha256.slice(0, 12),
        versions: pointer.versions,
        sha256: found.sha256,
        backbone,
        layer,
        lambda,
        temperature,
        classes: classesOf(labels, photos),
        strangers,
        accuracy: accuracyOf(correct, photos),
      });
    },
  )
  .delete(
    '/v1/heads/:name',
    operation({
      tag,
      summary: 'Delete a head, its versions and its examples',
      answer: RemovedAnswer,
      problems: [...WRITE_PROBLEMS, 404],
      write: true,
    }),
    requireWrite,
    query(NoQuery),
    async (c) => {
      const name = c.req.param('name');
      const there = await ask(name, trainerOf(c, name).remove(name));
      c.var.isolate.heads.forget(name);
      if (!there) throw new ServiceError('not-found', `there is no head ${name}; GET /v1/heads lists them`);
      return c.json({ name, removed: 1 });
    },
  )
  .get(
    '/v1/heads/:name/examples',
    operation({
      tag,
      summary: 'The photos that a head is trained on, by class',
      answer: ExamplesAnswer,
      problems: WRITE_PROBLEMS,
      write: true,
    }),
    requireWrite,
    query(NoQuery),
    async (c) => {
      const name = c.req.param('name');
      const { backbone, ids } = await askPlain(name, trainerOf(c, name).examples());
      const labels = [...new Set(ids.map(({ label }) => label))];
      const classes = labels.map((label) => {
        const own = ids.filter((each) => each.label === label).map(({ id }) => id);
        return { label, photos: own.length, ids: own };
      });
      const model = backbone ? { name: backbone.name, sha256: backbone.sha256 } : null;
      return c.json({ name, backbone: model, photos: ids.length, classes });
    },
  )
  .put(
    '/v1/heads/:name/examples/:label',
    operation({
      tag,
      summary: 'Add photos to a class of a head; the class `none` is of other things',
      answer: AddedAnswer,
      body: { image: true, form: true, json: { schema: ClassifyBody, example: { image: EXAMPLE_IMAGE } } },
      problems: [...CLASSIFY_PROBLEMS, 403, 409],
      write: true,
    }),
    requireWrite,
    query(ExamplesQuery),
    async (c) =>
      c.json(await addExamples(c, c.req.param('name'), c.req.param('label'), c.req.valid('query').exif)),
  )
  .delete(
    '/v1/heads/:name/examples/:label',
    operation({
      tag,
      summary: 'Take a class and its photos away',
      answer: RemovedAnswer,
      problems: WRITE_PROBLEMS,
      write: true,
    }),
    requireWrite,
    query(NoQuery),
    async (c) => {
      const { name, label } = c.req.param();
      const removed = await askPlain(name, trainerOf(c, name).removeExamples(checkLabel(label)));
      return c.json({ name, removed });
    },
  )
  .delete(
    '/v1/heads/:name/examples/:label/:id',
    operation({
      tag,
      summary: 'Take one photo away, by the id that adding it answered',
      answer: RemovedAnswer,
      problems: [...WRITE_PROBLEMS, 404],
      write: true,
    }),
    requireWrite,
    query(NoQuery),
    async (c) => {
      const { name, label, id } = c.req.param();
      const removed = await askPlain(name, trainerOf(c, name).removeExamples(checkLabel(label), id));
      if (removed === 0)
        throw new ServiceError(
          'not-found',
          `head ${name} has no such example; GET /v1/heads/${name}/examples`,
        );
      return c.json({ name, removed });
    },
  )
  .post(
    '/v1/heads/:train{.+:train}',
    operation({
      tag,
      summary: 'Train a head on its photos and publish it',
      answer: TrainedAnswer,
      problems: [...WRITE_PROBLEMS, 413, 422, 429],
      write: true,
    }),
    requireWrite,
    query(NoQuery),
    async (c) => {
      const name = c.req.param('train').replace(/:train$/, '');
      const { labels, photos, correct, ...rest } = await ask(
        name,
        trainerOf(c, name).train(name, headLimits(c.env)),
      );
      c.var.isolate.heads.forget(name);
      return c.json({
        name,
        ...rest,
        classes: classesOf(labels, photos),
        accuracy: accuracyOf(correct, photos),
      });
    },
  )
  .post(
    '/v1/heads/:rollback{.+:rollback}',
    operation({
      tag,
      summary: 'Put the version before in use again',
      answer: RolledBackAnswer,
      problems: [...WRITE_PROBLEMS, 404],
      write: true,
    }),
    requireWrite,
    query(NoQuery),
    async (c) => {
      const name = c.req.param('rollback').replace(/:rollback$/, '');
      const versions = await ask(name, trainerOf(c, name).rollBack(name));
      c.var.isolate.heads.forget(name);
      return c.json({ name, version: versions.at(-1) ?? '', versions });
    },
  );
