// The Worker as it would be deployed (the bundle of `wrangler deploy --dry-run`), run by Miniflare with a bucket of its
// own: real HTTP on a free port, real workerd. For tests of what only shows there: cold starts, aborted clients,
// memory, the real model.
import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { Miniflare } from 'miniflare';
import { compressedModelKey, DEFAULT_MODEL_PATH, unpackModel } from '../../weights/default-model.ts';

const root = path.join(import.meta.dirname, '../..');
const bundleFolder = path.join(root, 'build/bundle');
const COMPATIBILITY_DATE = '2026-10-20';

/** Bundles src/ into build/bundle. */
export async function bundleWorker(): Promise<void> {
  const wrangler = path.join(root, 'node_modules/wrangler/bin/wrangler.js');
  await promisify(execFile)(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', bundleFolder], {
    cwd: root,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
  });
}

/** The default model's packed file under build/, unpacked when it is not there. */
export async function defaultModelFile(): Promise<{ key: string; file: string }> {
  const key = await compressedModelKey(DEFAULT_MODEL_PATH);
  const file = path.join(root, 'build', key);
  if (!(await stat(file).catch(() => undefined))) await unpackModel(DEFAULT_MODEL_PATH, file);
  return { key, file };
}

export interface LocalWorker {
  url: URL;
  /** The model bucket, to be filled by the test. */
  bucket: Awaited<ReturnType<Miniflare['getR2Bucket']>>;
  stop(): Promise<void>;
}

async function bundleModules() {
  const names = (await readdir(bundleFolder)).filter((name) => /\.(js|wasm)$/.test(name));
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => {
        const contents = new Uint8Array(await readFile(path.join(bundleFolder, name)));
        return [name, { type: name.endsWith('.js') ? ('esm' as const) : ('wasm' as const), contents }];
      }),
    ),
  );
}

/** @param vars the variables of wrangler.toml's [vars] */
export async function startWorker(vars: Record<string, string>): Promise<LocalWorker> {
  const text = (value: string) => ({ type: 'text' as const, value });
  const mf = new Miniflare({
    port: 0,
    cf: false,
    telemetry: { enabled: false },
    logRequests: false,
    workers: [
      {
        config: {
          name: 'alexnet-edge',
          compatibilityDate: COMPATIBILITY_DATE,
          manifest: { mainModule: 'index.js', modulesRoot: bundleFolder, modules: await bundleModules() },
          // As wrangler.toml has it.
          assets: { directory: path.join(root, 'src/page'), hasUserWorker: true, runWorkerFirst: ['/'] },
          env: {
            MODELS: { type: 'r2', name: 'models' },
            ASSETS: { type: 'assets' },
            ...Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, text(value)])),
          },
        },
      },
    ],
  });
  return {
    url: await mf.ready,
    bucket: await mf.getR2Bucket('MODELS'),
    stop: () => mf.dispose(),
  };
}

/** POSTs `body` and resets the connection after `afterMs`. */
export function abortedPost(url: URL, body: Uint8Array, afterMs: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(Number(url.port), url.hostname);
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.write(
      `POST ${url.pathname}${url.search} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.byteLength}\r\n\r\n`,
    );
    socket.write(body);
    setTimeout(() => socket.resetAndDestroy(), afterMs);
  });
}
