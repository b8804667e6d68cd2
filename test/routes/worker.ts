// The Worker as the route tests call it: in workerd, with the tiny model in its bucket.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { inject } from 'vitest';
import type { Bindings } from '../../src/bindings.ts';
import app from '../../src/index.ts';

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

export const jpeg = bytesOf(inject('jpeg'));
export const png = bytesOf(inject('png'));
const bindings: Bindings = { ...(env as Bindings), MODEL: 'tiny.safetensors' };

/** Puts the model into the bucket; the bucket is empty at the start of each test file. */
export async function putModel(): Promise<void> {
  await bindings.MODELS?.put('tiny.safetensors', bytesOf(inject('tinyModel')));
}
await putModel();

/** One request; `more` adds or replaces bindings. */
export async function send(
  path: string,
  init: RequestInit = {},
  more: Partial<Bindings> = {},
): Promise<Response> {
  const context = createExecutionContext();
  const response = await app.fetch(
    new Request(new URL(path, 'https://test'), init),
    { ...bindings, ...more },
    context,
  );
  await waitOnExecutionContext(context);
  return response;
}
