// The packed model, from this server or from the browser's cache, into an engine: the same bytes that the Worker
// streams from its bucket. A connection that breaks is taken up again where it ended (RFC 9110, 14.2). Kept in the
// Cache API only when its SHA-256 is the one that its header says.
import { Engine } from '../engine/engine.ts';
import { modelInfoOf } from '../model/header.ts';
import { headerEnd, parseHeader } from '../model/safetensors.ts';

const CACHE = 'alexnet-edge-models';
const MAX_TRIES = 4;
const PREFIX_BYTES = 8;

export interface FetchOptions {
  model: string;
  /** Of the model's data: another model of the same name is another file. */
  sha256: string;
  /** Bearer token; '' = none. */
  token: string;
  progress(bytes: number, of: number): void;
}

export interface FetchedModel {
  bytes: Uint8Array;
  cached: boolean;
}

/** Reads a response's body into `bytes` from `at` on; returns how far it came. A broken connection ends it early. */
async function readInto(
  bytes: Uint8Array,
  at: number,
  body: ReadableStream<Uint8Array>,
  progress: FetchOptions['progress'],
): Promise<number> {
  const reader = body.getReader();
  let end = at;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return end;
      bytes.set(value.subarray(0, bytes.length - end), end);
      end = Math.min(bytes.length, end + value.length);
      progress(end, bytes.length);
    }
  } catch {
    return end;
  }
}

/** Throws Error in words when the server refuses, or breaks off several times. */
async function download(address: string, { token, progress }: FetchOptions): Promise<Uint8Array> {
  let bytes: Uint8Array | undefined;
  let at = 0;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const headers: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` };
    if (at > 0) headers.range = `bytes=${at}-`;
    const response = await fetch(address, { headers }).catch(() => undefined);
    if (!response) continue;
    if (!response.ok || !response.body)
      throw new Error(
        `The weights could not be fetched: the server answered with status ${response.status}.`,
      );
    // A server that ignores the range begins anew.
    if (response.status !== 206) at = 0;
    bytes ??= new Uint8Array(Number(response.headers.get('x-file-bytes')));
    at = await readInto(bytes, at, response.body, progress);
    if (at === bytes.length) return bytes;
  }
  throw new Error('The weights could not be fetched: the connection broke off several times.');
}

function fileAddress(model: string): string {
  return `/v1/models/${encodeURIComponent(model)}/file`;
}

/** Under which a file is kept. */
function keptAddress(model: string, sha256: string): string {
  return `${fileAddress(model)}?sha256=${sha256}`;
}

/** The model's file. Throws Error in words. */
export async function fetchModel(options: FetchOptions): Promise<FetchedModel> {
  const cache = await caches.open(CACHE).catch(() => undefined);
  const kept = await cache?.match(keptAddress(options.model, options.sha256));
  if (kept) {
    const bytes = new Uint8Array(await kept.arrayBuffer());
    options.progress(bytes.length, bytes.length);
    return { bytes, cached: true };
  }
  return { bytes: await download(fileAddress(options.model), options), cached: false };
}

/** Keeps the file for the next visit in the place of all older ones; a browser without room for it does not. */
export async function keepModel(model: string, sha256: string, bytes: Uint8Array): Promise<void> {
  const cache = await caches.open(CACHE).catch(() => undefined);
  for (const request of (await cache?.keys()) ?? []) await cache?.delete(request);
  await cache?.put(keptAddress(model, sha256), new Response(bytes)).catch(() => undefined);
}

export async function forgetModel(model: string, sha256: string): Promise<void> {
  const cache = await caches.open(CACHE).catch(() => undefined);
  await cache?.delete(keptAddress(model, sha256));
}

/** Throws SafetensorsError, ServiceError, NetworkError; Error when the checksum is not the header's. */
export async function openEngine(module: WebAssembly.Module, file: Uint8Array): Promise<Engine> {
  const header = parseHeader(file.subarray(0, headerEnd(file.subarray(0, PREFIX_BYTES))));
  const engine = new Engine(module, modelInfoOf(header));
  const data = file.subarray(header.dataStart);
  if (data.byteLength !== engine.weightBytes)
    throw new Error(
      `The weights are damaged: expected ${engine.weightBytes} bytes, found ${data.byteLength}.`,
    );
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (found !== engine.info.sha256)
    throw new Error('The weights are damaged: their checksum is another one.');
  engine.weights(0, data.byteLength).set(data);
  return engine;
}
