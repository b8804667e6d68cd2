// The service under measurement, as its clients see it: HTTP only.
import { readFile } from 'node:fs/promises';
import { OperatorError } from '../../weights/operator-error.ts';

export interface ScoredClass {
  index: number;
  synset?: string;
  label: string;
  score: number;
}

async function request(url: URL, init: RequestInit, what: string): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    const { cause, message } = error as Error & { cause?: NodeJS.ErrnoException };
    throw new OperatorError(
      `${url.origin}: expected a running service, found ${cause?.code ?? message}: start one with npm start, ` +
        'or leave --url out',
    );
  }
  const text = await response.text();
  if (response.ok) return JSON.parse(text);
  throw new OperatorError(`${what}: expected status 200, found ${response.status} ${text.slice(0, 300)}`);
}

/** Synset ids of the model's classes. Throws OperatorError for a model without. */
export async function modelSynsets(url: URL): Promise<{ name: string; synsets: Set<string> }> {
  const list = (await request(new URL('/v1/models', url), {}, 'GET /v1/models')) as {
    models: { name: string; version: string }[];
  };
  const [model] = list.models;
  if (!model) throw new OperatorError(`${url.origin}: expected a model, found none`);
  const found = (await request(new URL(`/v1/models/${model.name}`, url), {}, 'GET /v1/models/{name}')) as {
    labels: { synset?: string }[];
  };
  const synsets = new Set(found.labels.flatMap(({ synset }) => (synset === undefined ? [] : [synset])));
  if (synsets.size === 0)
    throw new OperatorError(
      `${model.name}: expected classes with synset ids, found none: npm run weights -- import FILE --labels FILE`,
    );
  return { name: `${model.name}@${model.version}`, synsets };
}

/** What an answer says, as far as it is measured; all classes, best first. */
export interface Said {
  predictions: ScoredClass[];
  known?: number;
  uncertainty?: { entropy: number; mutual_information: number };
  embedding?: number[];
}

/** @param query further parameters. Throws OperatorError. */
export async function askAbout(url: URL, file: string, query = ''): Promise<Said> {
  const init = { method: 'POST', body: new Uint8Array(await readFile(file)) };
  return (await request(new URL(`/v1/classify?top_k=0&${query}`, url), init, file)) as Said;
}

/** All classes of one photo, best first. Throws OperatorError. */
export async function classifyPhoto(url: URL, file: string): Promise<ScoredClass[]> {
  return (await askAbout(url, file)).predictions;
}
