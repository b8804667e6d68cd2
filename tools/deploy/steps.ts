// The deployment, step by step. Each step is printed before it is done; a dry run prints them all, does those that
// need no account (build, checks, bundle) and says what the others would do.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { OperatorError } from '../../weights/operator-error.ts';
import { isSameModel } from '../../weights/packed/conflict.ts';
import type { PackedFile } from '../../weights/packed/file.ts';
import { bundleFiles, bundleTo } from './bundle.ts';
import { provideQueue, provideRule, watchRule } from './queues.ts';
import type { Settings } from './settings.ts';
import { expectSuccess, type Finished, type Wrangler } from './wrangler.ts';

export const MAX_BUNDLE_BYTES = 3_000_000;

export interface Deployment {
  dryRun: boolean;
  settings: Settings;
  wrangler: Wrangler;
  /** Builds the wasm modules. */
  build(): Promise<void>;
  /** The packed model's file. */
  model(): Promise<PackedFile>;
  /** BUCKET/PREFIX whose new objects are announced to the queue. */
  watch?: string | undefined;
  /** Where the bundle goes. */
  bundleFolder: string;
  fetch: typeof fetch;
  print(line: string): void;
}

/** Bundles the Worker and measures it. Throws OperatorError past MAX_BUNDLE_BYTES. */
async function bundle({ wrangler, settings, bundleFolder, print }: Deployment): Promise<void> {
  await bundleTo(wrangler, bundleFolder, settings.environment);
  const names = await bundleFiles(bundleFolder);
  const files = await Promise.all(names.map((name) => readFile(path.join(bundleFolder, name))));
  const bytes = files.reduce((sum, file) => sum + file.byteLength, 0);
  const packed = files.reduce((sum, file) => sum + gzipSync(file).byteLength, 0);
  print(
    `   bundle: ${bytes} bytes in ${files.length} files, ${packed} compressed (limit ${MAX_BUNDLE_BYTES})`,
  );
  if (bytes > MAX_BUNDLE_BYTES)
    throw new OperatorError(`bundle: expected at most ${MAX_BUNDLE_BYTES} bytes, found ${bytes}`);
}

async function provideBucket({ wrangler, print }: Deployment, bucket: string): Promise<void> {
  const found = await wrangler.run('r2', 'bucket', 'info', bucket);
  if (found.status === 0) return print(`   bucket ${bucket} is there`);
  if (!/does not exist|not found|\[code: 10006\]/i.test(found.output)) expectSuccess('r2 bucket info', found);
  expectSuccess('r2 bucket create', await wrangler.run('r2', 'bucket', 'create', bucket));
  print(`   bucket ${bucket} created`);
}

/** What an upload takes of a deployment. */
export interface Upload extends Pick<Deployment, 'wrangler' | 'print'> {
  settings: Pick<Settings, 'bucket'>;
}

/**
 * Stores the model in the account's bucket, unless its header is there and `again` is not asked for. Throws
 * OperatorError when the upload fails.
 */
export async function provideModel(
  { wrangler, settings: { bucket }, print }: Upload,
  file: PackedFile,
  again = false,
): Promise<void> {
  const head = await wrangler.objectHead(bucket, file.key);
  if (head && isSameModel(file, head) && !again)
    return print(`   ${file.key} is there, with checksum ${file.info.sha256.slice(0, 12)}`);
  print(`   uploading ${file.bytes} bytes`);
  const target = `${bucket}/${file.key}`;
  const put = await wrangler.run('r2', 'object', 'put', target, '--file', file.path, '--remote');
  expectSuccess('r2 object put', put);
  print(`   ${file.key} stored`);
}

/** The first address, as a URL. Throws OperatorError when the deployment has none. */
function addressOf(targets: string[]): URL {
  const [target] = targets;
  if (target === undefined)
    throw new OperatorError(
      'deployed, but at no address: set routes in wrangler.toml, or enable workers.dev in the dashboard',
    );
  const host = target.replace(/^https?:\/\//, '').replace(/[\s/*].*$/, '');
  return new URL(`https://${host}`);
}

async function warm({ fetch, print }: Deployment, address: URL): Promise<void> {
  const url = new URL('/readyz?warm=1', address);
  const response = await fetch(url).catch((error: Error) => {
    throw new OperatorError(
      `${url}: no answer (${error.message}); a new address takes some minutes: try it again later`,
    );
  });
  const body = await response.text();
  if (response.status !== 200)
    throw new OperatorError(`${url}: expected status 200, found ${response.status}: ${body.slice(0, 300)}`);
  print(`   ${body}`);
}

/** Throws OperatorError at the first step that fails. */
export async function deploy(deployment: Deployment): Promise<void> {
  const { dryRun, settings, wrangler, print, watch } = deployment;
  const { name, bucket, model, environment, jobs } = settings;
  let number = 0;
  const step = (text: string) => print(`${++number}. ${text}`);
  step(`check: Worker ${name}, bucket ${bucket}, model ${model}${environment.length ? ', production' : ''}`);
  const rule = watch === undefined ? undefined : watchRule(watch, jobs);
  const file = await deployment.model();
  if (file.key !== model)
    throw new OperatorError(`${file.path}: expected the model ${model}, found ${file.key}`);
  if (!dryRun) expectSuccess('wrangler whoami', loggedIn(await wrangler.run('whoami')));
  step('build the wasm modules');
  await deployment.build();
  step('bundle');
  await bundle(deployment);
  step(`bucket ${bucket}: create it if it is missing`);
  if (!dryRun) await provideBucket(deployment, bucket);
  step(`model: upload ${model} unless its checksum is there (${file.bytes} bytes)`);
  if (!dryRun) await provideModel(deployment, file);
  if (jobs) {
    const buckets = [...new Set([jobs.photos, jobs.results])];
    step(
      `jobs: create what is missing of bucket ${buckets.join(', ')}, queue ${jobs.queue}, ${jobs.deadLetters}`,
    );
    if (!dryRun) {
      for (const own of buckets) await provideBucket(deployment, own);
      // The queue names the dead letter queue: that one first.
      for (const queue of [jobs.deadLetters, jobs.queue]) await provideQueue(deployment, queue);
    }
  }
  step(`deploy: wrangler deploy ${environment.join(' ')}`.trimEnd());
  const deployed = dryRun ? undefined : await wrangler.deploy(...environment);
  if (deployed) expectSuccess('wrangler deploy', deployed);
  const address = deployed ? addressOf(deployed.targets) : undefined;
  if (rule) {
    step(`watch: wrangler ${rule.join(' ')}`);
    if (!dryRun) await provideRule(deployment, rule);
  }
  step(`load the model: GET ${address?.origin ?? '<address>'}/readyz?warm=1`);
  if (address) await warm(deployment, address);
  print(address ? `deployed: ${address.origin}` : `dry run: steps 4 to ${number} were not done`);
}

/** `whoami` ends with status 0 when no account is logged in. */
function loggedIn({ status, output }: Finished): Finished {
  return { output, status: /not authenticated/i.test(output) ? 1 : status };
}
