// The request body, as a stream with a cap, never buffered twice. What it holds is decided by its first byte, not by
// Content-Type, which clients omit or get wrong: no image that is read here starts with `{`, `[` or white space,
// nor as base64 does: that is decoded.

import { excerpt, ServiceError } from '../../errors.ts';
import type { Budget } from '../../isolate/budget.ts';
import { Upload } from '../../isolate/upload.ts';
import { decodeBase64 } from './base64.ts';
import { JsonCost } from './json-cost.ts';

/** What a JSON body takes while it is read: its text twice, what it holds as strings, the decoded bytes. */
const JSON_COPIES = 4;

/** A data: URL, and how JPEG, PNG, GIF and WebP begin in base64; no image that is read here begins like that. */
const BASE64_STARTS = /^(?:data:|\/9j\/|iVBORw0K|R0lGOD|UklGR)/;

export interface OpenedBody {
  kind: 'image' | 'json';
  upload: Upload;
}

function startsJson(byte: number | undefined): boolean {
  return byte === 0x7b || byte === 0x5b || byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

export function emptyBody(): ServiceError {
  return new ServiceError('empty-body', 'expected the bytes of an image, got an empty body');
}

/** What Content-Length says; undefined without one. */
function announcedBytes(request: Request): number | undefined {
  const length = request.headers.get('content-length');
  return length === null ? undefined : Number(length);
}

/**
 * The body of a request: paced, paid from its budget, and drained when it is refused.
 * Throws ServiceError: empty-body, unsupported-encoding for a compressed one.
 */
export function requestUpload(request: Request, budget: Budget): Upload {
  const encoding = request.headers.get('content-encoding') ?? 'identity';
  // A few compressed bytes may stand for gigabytes.
  if (encoding !== 'identity')
    throw new ServiceError(
      'unsupported-encoding',
      `Content-Encoding: expected none, got ${excerpt(encoding)}`,
      {
        headers: { 'accept-encoding': 'identity' },
      },
    );
  if (!request.body) throw emptyBody();
  return new Upload(request.body, {
    what: 'body',
    pace: budget.limits.pace,
    holder: budget.holder,
    announced: announcedBytes(request),
    onFirstBytes: () => budget.admit(),
    drained: true,
  });
}

/** Limits a body that will be in memory whole, and waits for the memory. */
async function reserveWhole(upload: Upload, limit: number, what: string, budget: Budget) {
  const { announced } = upload;
  await upload.limit(limit, what).announce(announced ?? 0);
  const bytes = JSON_COPIES * (announced ?? limit);
  budget.expect(bytes);
  await budget.reserve(bytes);
}

/** A body whose form the route knows. Throws ServiceError as openBody does. */
export async function wholeBody(request: Request, limit: number, budget: Budget): Promise<Upload> {
  const upload = requestUpload(request, budget);
  // Nothing is reserved for a client that sends nothing.
  if ((await upload.peek(1)).byteLength === 0) throw emptyBody();
  await reserveWhole(upload, limit, 'body', budget);
  return upload;
}

/** Throws ServiceError: empty-body, too-many-bytes when Content-Length says so already, too-many-requests, too-slow. */
export async function openBody(
  request: Request,
  limits: { image: number; json: number },
  budget: Budget,
): Promise<OpenedBody> {
  const upload = requestUpload(request, budget);
  const [first] = await upload.peek(1);
  if (first === undefined) throw emptyBody();
  if (startsJson(first)) {
    await reserveWhole(upload, limits.json, 'JSON body', budget);
    return { kind: 'json', upload };
  }
  if (BASE64_STARTS.test(new TextDecoder('latin1').decode(await upload.peek(8)))) {
    await reserveWhole(upload, limits.json, 'base64 body', budget);
    const text = new TextDecoder('latin1').decode(await upload.rest());
    return { kind: 'image', upload: new Upload(decodeBase64(text, 'body')).limit(limits.image, 'image') };
  }
  await upload.limit(limits.image, 'image').announce(upload.announced ?? 0);
  return { kind: 'image', upload };
}

/** The whole JSON text, decoded as it arrives. Throws as JsonCost, and what the upload throws. */
async function readText(upload: Upload): Promise<string> {
  const decoder = new TextDecoder();
  const cost = new JsonCost();
  let text = '';
  for (let piece = await upload.read(); piece; piece = await upload.read()) {
    cost.add(piece);
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

/** Throws ServiceError bad-request and too-many-bytes, and what the upload throws. */
export async function readJson(upload: Upload): Promise<unknown> {
  const text = await readText(upload).catch(async (error: unknown) => {
    await upload.cancel(error);
    throw error;
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ServiceError('bad-request', `expected JSON: ${cause instanceof Error ? cause.message : ''}`, {
      cause,
    });
  }
}

/** The whole body as bytes. Throws ServiceError as openBody. */
export async function readBytes(request: Request, limit: number, budget: Budget): Promise<Uint8Array> {
  return (await wholeBody(request, limit, budget)).rest();
}
