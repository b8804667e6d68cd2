// The Worker as it would be deployed (the bundle of `wrangler deploy --dry-run`), run by Miniflare with a bucket of its
// own: real HTTP on a free port, real workerd. For tests of what only shows there: cold starts, aborted clients,
// memory, the real model.
import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { Miniflare } from 'miniflare';
import { compressedModelKey, DEFAULT_MODEL_PATH, unpackModel } from '../../weights/packed/brotli.ts';
import { bundleFiles } from '../deploy/bundle.ts';

const root = path.join(import.meta.dirname, '../..');
const BUNDLE_FOLDER = path.join(root, 'build/bundle');
const COMPATIBILITY_DATE = '2026-10-20';
/** As wrangler.toml has it. */
const PAGE = { directory: path.join(root, 'src/page'), hasUserWorker: true, runWorkerFirst: ['/'] };

/** Bundles src/ (or another entry) into build/bundle (or another folder). */
export async function bundleWorker(entry = 'src/index.ts', folder = BUNDLE_FOLDER): Promise<void> {
  const wrangler = path.join(root, 'node_modules/wrangler/bin/wrangler.js');
  await promisify(execFile)(process.execPath, [wrangler, 'deploy', entry, '--dry-run', '--outdir', folder], {
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

type Bucket = Awaited<ReturnType<Miniflare['getR2Bucket']>>;

export interface LocalWorker {
  url: URL;
  /** The model bucket, to be filled by the test. */
  bucket: Bucket;
  /** Address of the inspector protocol, when it was asked for. */
  inspector?: URL;
  /** What jobs have to do with, when they were asked for. */
  jobs?: { photos: Bucket; results: Bucket; queue: Awaited<ReturnType<Miniflare['getQueueProducer']>> };
  stop(): Promise<void>;
}

export interface JobOptions {
  /** Name of the queue. */
  queue: string;
  maxRetries?: number;
}

export interface StartOptions {
  /** Where the bundle lies. */
  folder?: string;
  /** Its main module. */
  main?: string;
  /** What the Worker logs goes here instead of to the terminal. */
  onLog?: (message: string) => void;
  inspect?: boolean;
  /** Serves the page's files, too. */
  page?: boolean;
  /** Binds what jobs need. */
  jobs?: JobOptions;
}

const NAME = 'alexnet-edge';
/** As wrangler.toml has them; parts are full at once, so that tests need not wait. */
const CONSUMER = { maxBatchSize: 20, maxBatchTimeout: 1, maxRetries: 10 };

function jobTriggers({ queue, ...options }: JobOptions) {
  const dead = `${queue}-dead`;
  return [
    { type: 'queue' as const, name: queue, deadLetterQueue: dead, ...CONSUMER, ...options },
    { type: 'queue' as const, name: dead, ...CONSUMER, maxRetries: 100 },
  ];
}

function jobBindings({ queue }: JobOptions) {
  return {
    PHOTOS: { type: 'r2' as const, name: 'photos' },
    RESULTS: { type: 'r2' as const, name: 'results' },
    JOBS: { type: 'durable-object' as const, worker: NAME, exportName: 'Job' },
    QUEUE: { type: 'queue' as const, name: queue },
  };
}

async function bundleModules(folder: string) {
  const names = await bundleFiles(folder);
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => {
        const contents = new Uint8Array(await readFile(path.join(folder, name)));
        return [name, { type: name.endsWith('.js') ? ('esm' as const) : ('wasm' as const), contents }];
      }),
    ),
  );
}

/** @param vars the variables of wrangler.toml's [vars] */
export async function startWorker(
  vars: Record<string, string>,
  {
    folder = BUNDLE_FOLDER,
    main = 'index.js',
    onLog,
    inspect = false,
    page = false,
    jobs,
  }: StartOptions = {},
): Promise<LocalWorker> {
  const text = (value: string) => ({ type: 'text' as const, value });
  const mf = new Miniflare({
    port: 0,
    cf: false,
    telemetry: { enabled: false },
    logRequests: false,
    ...(onLog ? { handleStructuredLogs: ({ message }) => onLog(message) } : {}),
    ...(inspect ? { inspectorPort: 0 } : {}),
    workers: [
      {
        config: {
          name: NAME,
          compatibilityDate: COMPATIBILITY_DATE,
          manifest: { mainModule: main, modulesRoot: folder, modules: await bundleModules(folder) },
          ...(page ? { assets: PAGE } : {}),
          ...(jobs === undefined ? {} : { triggers: jobTriggers(jobs) }),
          exports: {
            HeadTrainer: { type: 'durable-object' as const, storage: 'sqlite' as const },
            ...(jobs === undefined
              ? {}
              : { Job: { type: 'durable-object' as const, storage: 'sqlite' as const } }),
          },
          env: {
            MODELS: { type: 'r2', name: 'models' },
            HEADS: { type: 'durable-object', worker: 'alexnet-edge', exportName: 'HeadTrainer' },
            ...(page ? { ASSETS: { type: 'assets' as const } } : {}),
            ...(jobs === undefined ? {} : jobBindings(jobs)),
            ...Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, text(value)])),
          },
        },
      },
    ],
  });
  return {
    url: await mf.ready,
    bucket: await mf.getR2Bucket('MODELS'),
    ...(inspect ? { inspector: await mf.getInspectorURL() } : {}),
    ...(jobs === undefined
      ? {}
      : {
          jobs: {
            photos: await mf.getR2Bucket('PHOTOS'),
            results: await mf.getR2Bucket('RESULTS'),
            queue: await mf.getQueueProducer('QUEUE'),
          },
        }),
    stop: () => mf.dispose(),
  };
}
