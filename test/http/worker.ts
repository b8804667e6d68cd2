// The Worker as the route tests call it: in workerd, with the tiny model in its bucket.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { inject } from 'vitest';
import decodeModule from '../../build/decode.wasm';
import kernelsModule from '../../build/kernels.wasm';
import { HeadCatalog } from '../../src/heads/catalog.ts';
import { createApp } from '../../src/http/app.ts';
import type { Bindings } from '../../src/http/bindings.ts';
import type { Isolate } from '../../src/http/context.ts';
import { ImageDecoder } from '../../src/image/decoder.ts';
import app from '../../src/index.ts';
import { createShared } from '../../src/isolate/budget.ts';
import { ModelLoader } from '../../src/model/loader.ts';
import { SecondModel } from '../../src/model/second.ts';
import { Retrieval } from '../../src/retrieval/retrieval.ts';

export { logged } from './logged.ts';

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

export const jpeg = bytesOf(inject('jpeg'));
export const jpegBase64 = inject('jpeg');
export const png = bytesOf(inject('png'));
export const text = Uint8Array.from(new TextEncoder().encode('this is no image'));
export const truncated = jpeg.slice(0, jpeg.length - 1500);

export const bindings: Bindings = { ...(env as Bindings), MODEL: 'tiny.safetensors' };
await bindings.MODELS?.put('tiny.safetensors', bytesOf(inject('tinyModel')));

/** An isolate that has just started. */
export function coldWorker(isolate: Partial<Isolate> = {}) {
  return createApp({
    shared: createShared(),
    loader: new ModelLoader(kernelsModule),
    decoder: new ImageDecoder(decodeModule),
    heads: new HeadCatalog(),
    retrieval: new Retrieval(kernelsModule),
    second: new SecondModel(kernelsModule),
    ...isolate,
  });
}

interface Application {
  fetch(request: Request, env: Bindings, context: ExecutionContext): Response | Promise<Response>;
}

/** One request; `more` adds or replaces bindings. */
export async function send(
  path: string,
  init: RequestInit = {},
  more: Partial<Bindings> = {},
  worker: Application = app,
): Promise<Response> {
  const context = createExecutionContext();
  const request = new Request(new URL(path, 'https://test'), init);
  const response = await worker.fetch(request, { ...bindings, ...more }, context);
  await waitOnExecutionContext(context);
  return response;
}

export function post(path: string, body: BodyInit, headers: HeadersInit = {}): Promise<Response> {
  return send(path, { method: 'POST', body, headers });
}

export function postJson(path: string, body: unknown): Promise<Response> {
  return post(path, JSON.stringify(body), { 'content-type': 'application/json' });
}

/** A form with these files, all in the field `image`. */
export function form(
  files: Record<string, Uint8Array<ArrayBuffer>> | [string, Uint8Array<ArrayBuffer>][],
): FormData {
  const data = new FormData();
  for (const [name, bytes] of Array.isArray(files) ? files : Object.entries(files))
    data.append('image', new Blob([bytes]), name);
  return data;
}

export interface Prediction {
  index: number;
  synset: string;
  label: string;
  score: number;
}

/** The members that the tests read of POST /v1/classify's answers, good and bad. */
export interface Answer {
  model: { name: string; version: string; sha256: string };
  image: { format: string; width: number; height: number; orientation: number };
  predictions: Prediction[];
  logits?: number[];
  embedding?: number[];
  request_id: string;
  results?: { file: string; predictions?: Prediction[]; problem?: Answer }[];
  type: string;
  status: number;
  detail: string;
  error: string;
  instance: string;
  parameter?: string;
  limit?: Record<string, number>;
  formats?: string[];
}

export async function answer(response: Response | Promise<Response>): Promise<Answer> {
  return (await (await response).json()) as Answer;
}

/** All ten classes of the JPEG, as POST /v1/classify gives them: what every dialect is compared with. */
export async function expectedPredictions(): Promise<Prediction[]> {
  return (await answer(post('/v1/classify?top_k=0', jpeg))).predictions;
}
