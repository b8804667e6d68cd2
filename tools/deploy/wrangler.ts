// Wrangler's command line as the deployment uses it: its output is caught, its deployed addresses are read from the
// file that it writes them to.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { headerEnd, SafetensorsError } from '../../src/model/safetensors.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { wranglerArguments } from '../bucket.ts';

/** Ten times the header of a model with 1000 classes. */
const MAX_HEADER_BYTES = 1 << 20;

export const ROOT = path.join(import.meta.dirname, '../..');

export interface Finished {
  status: number;
  /** Standard output and error, without colours. */
  output: string;
}

/** What the deployment asks of the world; replaced in tests. */
export interface Wrangler {
  run(...args: string[]): Promise<Finished>;
  /** The first bytes of a remote object: a safetensors header. Undefined when it cannot be read. */
  objectHead(bucket: string, key: string): Promise<Uint8Array | undefined>;
  /** `wrangler deploy`; the addresses that it serves then. */
  deploy(...args: string[]): Promise<Finished & { targets: string[] }>;
}

function start(args: string[], env: NodeJS.ProcessEnv = {}) {
  return spawn(process.execPath, wranglerArguments(...args), {
    cwd: ROOT,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', NO_COLOR: '1', FORCE_COLOR: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function finish(child: ReturnType<typeof start>): Promise<Finished> {
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  child.stderr.on('data', (piece: Buffer) => pieces.push(piece));
  const status = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)));
  return { status, output: Buffer.concat(pieces).toString() };
}

async function objectHead(bucket: string, key: string): Promise<Uint8Array | undefined> {
  const child = start(['r2', 'object', 'get', `${bucket}/${key}`, '--pipe', '--remote']);
  let head = Buffer.alloc(0);
  try {
    for await (const piece of child.stdout as AsyncIterable<Buffer>) {
      head = Buffer.concat([head, piece]);
      if (head.length >= 8 && head.length >= headerEnd(head, MAX_HEADER_BYTES)) return head;
    }
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error;
  } finally {
    child.kill();
  }
  return undefined;
}

async function deploy(...args: string[]): Promise<Finished & { targets: string[] }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'deploy-'));
  const file = path.join(folder, 'output.ndjson');
  try {
    const finished = await finish(start(['deploy', ...args], { WRANGLER_OUTPUT_FILE_PATH: file }));
    const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
    const targets = lines
      .map((line) => JSON.parse(line) as { type: string; targets?: string[] })
      .flatMap((entry) => (entry.type === 'deploy' ? (entry.targets ?? []) : []));
    return { ...finished, targets };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function lastLines(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-8).join('\n');
}

/** Throws OperatorError when the command failed. */
export function expectSuccess(what: string, { status, output }: Finished): void {
  if (status === 0) return;
  if (/not authenticated|CLOUDFLARE_API_TOKEN|wrangler login/i.test(output))
    throw new OperatorError(`${what}: not logged in: npx wrangler login, or set CLOUDFLARE_API_TOKEN`);
  if (/Authentication error|\[code: 10000\]/i.test(output))
    throw new OperatorError(
      `${what}: the token may not do this: it needs Workers Scripts: Edit and Workers R2 Storage: Edit`,
    );
  if (/enable R2|\[code: 10042\]/i.test(output))
    throw new OperatorError(`${what}: R2 is not enabled for this account: enable it in the dashboard first`);
  throw new OperatorError(`${what}: expected exit status 0, found ${status}:\n${lastLines(output)}`);
}

export const wrangler: Wrangler = { run: (...args) => finish(start(args)), objectHead, deploy };
