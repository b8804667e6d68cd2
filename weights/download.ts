// Downloads a published file: into `<file>.part`, resumed by Range after an interruption, retried, checked against
// its length and checksum, and only then renamed. Refuses to keep a file whose checksum is another one.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { OperatorError } from './operator-error.ts';
import type { PublishedFile } from './published.ts';
import { matches } from './published.ts';

export interface DownloadOptions {
  /** Tries without any progress before giving up. */
  tries?: number;
  /** Wait before the next try, milliseconds. */
  pause?: number;
  progress?: (done: number, total: number) => void;
}

/** No published file of the table is larger. */
const LIMIT_BYTES = 1 << 30;
const STALL_MS = 30_000;

/** Returns the path of the complete, checked file in `folder`. Throws OperatorError. */
export async function download(
  entry: PublishedFile,
  folder: string,
  options: DownloadOptions = {},
): Promise<string> {
  const { tries = 5, pause = 1000 } = options;
  if (!/^https?:$/.test(URL.parse(entry.url)?.protocol ?? ''))
    throw new OperatorError(`${entry.url}: expected an address, http or https`);
  const target = path.join(folder, entry.file);
  if (await isComplete(entry, target)) return target;
  await mkdir(folder, { recursive: true });
  const part = `${target}.part`;
  for (let failures = 0; ; ) {
    const before = await sizeOf(part);
    try {
      await fetchRest(entry, part, before, options);
      break;
    } catch (error) {
      if (error instanceof OperatorError) throw error;
      failures = (await sizeOf(part)) > before ? 1 : failures + 1;
      if (failures >= tries)
        throw new OperatorError(
          `${entry.url}: expected the file, found ${reasonOf(error)}; run the command again to resume at ${await sizeOf(part)} bytes`,
        );
      await new Promise((resolve) => setTimeout(resolve, pause * failures));
    }
  }
  const digest = await digestOf(entry, part);
  if (!matches(entry, digest)) {
    await rm(part);
    throw new OperatorError(
      `${entry.url}: expected ${entry.checksum.algorithm} ${entry.checksum.hex}, found ${digest}`,
    );
  }
  await rename(part, target);
  return target;
}

async function isComplete(entry: PublishedFile, file: string): Promise<boolean> {
  return (await sizeOf(file)) > 0 && matches(entry, await digestOf(entry, file));
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

async function digestOf({ checksum }: PublishedFile, file: string): Promise<string> {
  const hash = createHash(checksum.algorithm);
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }))
    hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

async function fetchRest(
  entry: PublishedFile,
  part: string,
  have: number,
  options: DownloadOptions,
): Promise<void> {
  if (entry.bytes !== undefined && have === entry.bytes) return;
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(new Error('no data for 30 s')), STALL_MS);
  try {
    const headers = have > 0 ? { Range: `bytes=${have}-` } : {};
    const response = await fetch(entry.url, { headers, signal: abort.signal });
    if (response.status === 416) return;
    const start = startOf(entry, response, have);
    const total = start + Number(response.headers.get('content-length') ?? Number.NaN);
    if (!response.body) throw new OperatorError(`${entry.url}: expected a body, found none`);
    const file = await open(part, start === 0 ? 'w' : 'r+');
    try {
      let position = start;
      for await (const chunk of response.body) {
        clearTimeout(timer);
        timer = setTimeout(() => abort.abort(new Error('no data for 30 s')), STALL_MS);
        if (position + chunk.length > (entry.bytes ?? LIMIT_BYTES))
          throw new OperatorError(
            `${entry.url}: expected ${entry.bytes ?? `at most ${LIMIT_BYTES}`} bytes, found more`,
          );
        await file.write(chunk, 0, chunk.length, position);
        position += chunk.length;
        options.progress?.(position, entry.bytes ?? (Number.isNaN(total) ? position : total));
      }
      if (position < (entry.bytes ?? total)) throw new Error(`the connection ended at ${position} bytes`);
    } finally {
      await file.close();
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Where the body belongs: a server without ranges sends everything again. */
function startOf(entry: PublishedFile, response: Response, have: number): number {
  if (response.status === 200) return 0;
  if (response.status === 206) {
    const range = response.headers.get('content-range') ?? 'no range';
    if (range.startsWith(`bytes ${have}-`)) return have;
    throw new OperatorError(`${entry.url}: expected the rest from ${have} on, found ${range}`);
  }
  if (response.status >= 500 || response.status === 429) throw new Error(`status ${response.status}`);
  throw new OperatorError(`${entry.url}: expected status 200 or 206, found ${response.status}`);
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message ? cause.message : message;
}
