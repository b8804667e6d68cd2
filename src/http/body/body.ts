// The request body, as a stream with a cap, never buffered twice. What it holds is decided by its first byte, not by
// Content-Type, which clients omit or get wrong: no image that is read here starts with `{`, `[` or white space.

import { ServiceError } from '../../errors.ts';
import type { Hold } from '../../isolate/admission.ts';
import { type ByteReader, byteReader, readAll } from '../../isolate/byte-reader.ts';
import { discard } from '../../isolate/discard.ts';
import { JsonCost } from './json-cost.ts';

/** What a JSON body takes while it is read: its text twice, what it holds as strings, the decoded bytes. */
const JSON_COPIES = 4;

export interface OpenedBody {
  kind: 'image' | 'json';
  stream: ReadableStream<Uint8Array>;
}

export function tooManyBytes(limit: number, what: string): ServiceError {
  return new ServiceError('too-many-bytes', `${what}: expected at most ${limit} bytes`, {
    members: { limit: { bytes: limit } },
  });
}

/**
 * The stream, ended by an error when it grows past the limit or when the client goes away.
 * The error is ServiceError too-many-bytes or bad-request.
 */
export function capStream(
  source: ReadableStream<Uint8Array>,
  limit: number,
  what: string,
): ReadableStream<Uint8Array> {
  const reader = byteReader(source);
  let bytes = 0;
  return new ReadableStream(
    {
      async pull(controller) {
        const chunk = await reader.read().catch((cause: unknown) => {
          throw new ServiceError('bad-request', `the upload broke off after ${bytes} bytes`, { cause });
        });
        if (!chunk) return controller.close();
        bytes += chunk.byteLength;
        if (bytes > limit) {
          const error = tooManyBytes(limit, what);
          // First the rest, then the error: the answer must not overtake the body.
          await discard(reader);
          controller.error(error);
          return;
        }
        controller.enqueue(chunk);
      },
      cancel: () => discard(reader),
    },
    { highWaterMark: 0 },
  );
}

/** The stream with chunks put back in front. */
function withFirst(first: Uint8Array, reader: ByteReader): ReadableStream<Uint8Array> {
  let pending: Uint8Array | undefined = first;
  return new ReadableStream(
    {
      async pull(controller) {
        if (pending) {
          controller.enqueue(pending);
          pending = undefined;
          return;
        }
        const chunk = await reader.read();
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      },
      cancel: () => discard(reader),
    },
    { highWaterMark: 0 },
  );
}

function startsJson(byte: number | undefined): boolean {
  return byte === 0x7b || byte === 0x5b || byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

/** Compressed bodies are not unpacked: a few bytes of them may stand for gigabytes. */
function refuseEncoding(request: Request): void {
  const encoding = request.headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity')
    throw new ServiceError('bad-request', `Content-Encoding: expected none, got ${encoding}`);
}

/** Waits for the memory of a body that is read whole. Throws ServiceError too-many-requests. */
function holdWhole(request: Request, limit: number, hold: Hold): Promise<void> {
  return hold(JSON_COPIES * Number(request.headers.get('content-length') ?? limit));
}

/** A body whose form the route knows. Throws ServiceError as openBody does. */
export async function wholeBody(
  request: Request,
  limit: number,
  hold: Hold,
): Promise<ReadableStream<Uint8Array>> {
  refuseEncoding(request);
  if (!request.body) throw new ServiceError('empty-body', 'expected a JSON body, got none');
  if (Number(request.headers.get('content-length') ?? 0) > limit) throw tooManyBytes(limit, 'body');
  await holdWhole(request, limit, hold);
  return capStream(request.body, limit, 'body');
}

/** Throws ServiceError: empty-body, too-many-bytes when Content-Length says so already, too-many-requests. */
export async function openBody(
  request: Request,
  limits: { image: number; json: number },
  hold: Hold,
): Promise<OpenedBody> {
  refuseEncoding(request);
  if (!request.body) throw emptyBody();
  const reader = byteReader(request.body);
  const first = await reader.read().catch((cause: unknown) => {
    throw new ServiceError('bad-request', 'the upload broke off before its first byte', { cause });
  });
  if (!first || first.byteLength === 0) throw emptyBody();
  const kind = startsJson(first[0]) ? 'json' : 'image';
  const limit = limits[kind];
  const what = kind === 'json' ? 'JSON body' : 'image';
  if (Number(request.headers.get('content-length') ?? 0) > limit) {
    await discard(reader);
    throw tooManyBytes(limit, what);
  }
  if (kind === 'json') await holdWhole(request, limit, hold);
  return { kind, stream: capStream(withFirst(first, reader), limit, what) };
}

export function emptyBody(): ServiceError {
  return new ServiceError('empty-body', 'expected the bytes of an image, got an empty body');
}

/** The whole JSON text, decoded as it arrives. Throws as JsonCost, and what the stream throws. */
async function readText(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  const cost = new JsonCost();
  let text = '';
  for await (const chunk of stream) {
    cost.add(chunk);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** Throws ServiceError bad-request and too-many-bytes, and what the stream throws. */
export async function readJson(stream: ReadableStream<Uint8Array>): Promise<unknown> {
  const text = await readText(stream);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ServiceError('bad-request', `expected JSON: ${cause instanceof Error ? cause.message : ''}`, {
      cause,
    });
  }
}

/** The whole body as bytes. Throws ServiceError as openBody. */
export async function readBytes(request: Request, limit: number, hold: Hold): Promise<Uint8Array> {
  return readAll(byteReader(await wholeBody(request, limit, hold)));
}
