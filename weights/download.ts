// Downloads a published file from the first of its sources that gives it: into `<file>.part`, resumed by Range after an
// interruption, checked against its length and checksum, and only then renamed. What cannot change by waiting (404, no
// such host, refused, another file) goes on to the next source at once; a web page or a Git LFS pointer with status 200
// is such a thing, and none of its bytes are written.

import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { excerpt } from '../src/errors.ts';
import { hasherOf } from './formats/loaded-file.ts';
import { OperatorError } from './operator-error.ts';
import type { PublishedFile } from './published.ts';

export interface DownloadOptions {
  /** Tries of one source without any progress before it is given up. */
  tries?: number;
  /** Wait before the next try, milliseconds. */
  pauseMs?: number;
  /** Silence after which a connection is given up, milliseconds. */
  stallMs?: number;
  progress?: (done: number, total: number) => void;
  /** Called when a source is left for the next one. */
  onFailure?: (line: string) => void;
}

/** No published file of the table is larger. */
const LIMIT_BYTES = 1 << 30;
const POINTER = 'version https://git-lfs';

/** A source that will not give the file, however often it is asked. */
class SourceError extends Error {}

/** Codes of connections that time does not mend. */
const FINAL = /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EPROTO)$|CERT|TLS|SSL/;

/** Returns the path of the complete, checked file in `folder`. Throws OperatorError with each source's reason. */
export async function download(
  entry: PublishedFile,
  folder: string,
  options: DownloadOptions = {},
): Promise<string> {
  for (const source of entry.sources)
    if (!/^https?:$/.test(URL.parse(source)?.protocol ?? ''))
      throw new OperatorError(`${excerpt(source)}: expected an address, http or https`);
  const target = path.join(folder, entry.file);
  if (await isComplete(entry, target)) return target;
  await mkdir(folder, { recursive: true });
  const part = `${target}.part`;
  const reasons: string[] = [];
  for (const [index, source] of entry.sources.entries()) {
    try {
      await fetchChecked(entry, source, part, options);
      await rename(part, target);
      return target;
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      reasons.push(`${source}: ${error.message}`);
      if (index + 1 < entry.sources.length) options.onFailure?.(reasons.at(-1) ?? '');
    }
  }
  const have = await sizeOf(part);
  throw new OperatorError(
    `${entry.name}: expected the file ${entry.file}, found ${reasons.join('; ')}; ` +
      `${have > 0 ? `run the command again to resume at ${have} bytes, or give` : 'give'} another address with --from`,
  );
}

/** A part that was begun with other bytes (another source, an older run) is fetched once more from its start. */
async function fetchChecked(
  entry: PublishedFile,
  source: string,
  part: string,
  options: DownloadOptions,
): Promise<void> {
  for (let anew = false; ; anew = true) {
    const resumed = (await sizeOf(part)) > 0;
    await fetchWhole(entry, source, part, options);
    const digest = await digestOfFile(entry, part);
    if (digest.startsWith(entry.checksum.hex)) return;
    await rm(part);
    const { algorithm, hex } = entry.checksum;
    if (!resumed || anew) throw new SourceError(`expected ${algorithm} ${hex}, found ${digest}`);
  }
}

/** Fetches until all bytes are there, again and again as long as there is progress. */
async function fetchWhole(
  entry: PublishedFile,
  source: string,
  part: string,
  options: DownloadOptions,
): Promise<void> {
  const { tries = 3, pauseMs = 1000 } = options;
  for (let failures = 0; ; ) {
    const before = await sizeOf(part);
    try {
      await fetchRest(entry, source, part, before, options);
      return;
    } catch (error) {
      // Errors of this machine's own file system end everything.
      if (error instanceof Error && 'syscall' in error) throw error;
      const reason = reasonOf(error);
      if (error instanceof SourceError || FINAL.test(reason.code)) throw new SourceError(reason.text);
      failures = (await sizeOf(part)) > before ? 1 : failures + 1;
      if (failures >= tries) throw new SourceError(reason.text);
      await new Promise((resolve) => setTimeout(resolve, pauseMs * failures));
    }
  }
}

async function fetchRest(
  entry: PublishedFile,
  source: string,
  part: string,
  have: number,
  { stallMs = 30_000, progress }: DownloadOptions,
): Promise<void> {
  if (entry.bytes !== undefined && have === entry.bytes) return;
  const abort = new AbortController();
  const stalled = () => abort.abort(new Error(`no data for ${stallMs / 1000} s`));
  let timer = setTimeout(stalled, stallMs);
  try {
    const headers = { 'Accept-Encoding': 'identity', ...(have > 0 ? { Range: `bytes=${have}-` } : {}) };
    const response = await fetch(source, { headers, signal: abort.signal });
    if (response.status === 416) return;
    const start = startOf(response, have);
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    const total = entry.bytes ?? start + length;
    if (!response.body) throw new SourceError('a body was expected, none came');
    let file: Awaited<ReturnType<typeof open>> | undefined;
    let position = start;
    try {
      for await (const chunk of response.body) {
        clearTimeout(timer);
        timer = setTimeout(stalled, stallMs);
        if (position === 0) requireWeights(chunk);
        if (position === start && start + length < total)
          throw new SourceError(`a file of ${total} bytes was expected, one of ${start + length} came`);
        if (position + chunk.length > (entry.bytes ?? LIMIT_BYTES)) {
          await file?.truncate(0);
          throw new SourceError(`expected ${entry.bytes ?? `at most ${LIMIT_BYTES}`} bytes, found more`);
        }
        file ??= await open(part, start === 0 ? 'w' : 'r+');
        await file.write(chunk, 0, chunk.length, position);
        position += chunk.length;
        progress?.(position, Number.isNaN(total) ? position : total);
      }
    } finally {
      await file?.close();
    }
    if (position < total) throw new Error(`the connection ended at ${position} bytes`);
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

function isPage(bytes: Uint8Array): boolean {
  return /^\s*<(!doctype|html|\?xml)/i.test(Buffer.from(bytes.subarray(0, 64)).toString('latin1'));
}

/** Throws SourceError for the start of a web page or of a Git LFS pointer. */
function requireWeights(bytes: Uint8Array): void {
  if (isPage(bytes)) throw new SourceError('weights were expected, a web page came');
  if (Buffer.from(bytes.subarray(0, POINTER.length)).toString('latin1') === POINTER)
    throw new SourceError('weights were expected, a Git LFS pointer to them came');
}

/** Where the body belongs: a server without ranges sends everything again. */
function startOf(response: Response, have: number): number {
  const { status, headers } = response;
  const page = /^text\/html\b/.test(headers.get('content-type') ?? '');
  if (status < 300 && page) throw new SourceError('weights were expected, a web page came');
  if (status === 200) return 0;
  if (status === 206) {
    const range = headers.get('content-range') ?? 'no range';
    if (range.startsWith(`bytes ${have}-`)) return have;
    throw new SourceError(`expected the rest from ${have} on, found ${excerpt(range)}`);
  }
  if (status >= 500 || status === 429) throw new Error(`status ${status}`);
  throw new SourceError(`status ${status}`);
}

function reasonOf(error: unknown): { code: string; text: string } {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  const inner = cause instanceof Error ? cause : undefined;
  const code = inner && 'code' in inner ? String(inner.code) : '';
  const text = (inner?.message || code || message).split('\n')[0] ?? '';
  return { code, text: text.slice(0, 200) };
}

async function isComplete(entry: PublishedFile, file: string): Promise<boolean> {
  return (await sizeOf(file)) > 0 && (await digestOfFile(entry, file)).startsWith(entry.checksum.hex);
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

async function digestOfFile({ checksum }: PublishedFile, file: string): Promise<string> {
  const hash = hasherOf(checksum.algorithm, await sizeOf(file));
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }))
    hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
