// Publishing heads, and what can be done with published ones. A version's file is written before the pointer that
// names it; deleting goes the other way round.
import { readFile } from 'node:fs/promises';
import { decodeHead } from '../../src/heads/file.ts';
import type { Head } from '../../src/heads/head.ts';
import {
  checkHeadName,
  encodePointer,
  HEADS_PREFIX,
  headVersion,
  type Pointer,
  parsePointer,
  pointerKey,
  rolledBack,
  versionKey,
  withVersion,
} from '../../src/heads/published.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { table } from '../table.ts';
import { type HeadBucket, withHeadBucket } from './bucket.ts';
import { percent } from './report.ts';

export interface StoreCommand {
  remote?: boolean;
}

async function pointerOf(bucket: HeadBucket, name: string): Promise<Pointer | undefined> {
  const bytes = await bucket.get(pointerKey(name));
  return bytes && parsePointer(bytes);
}

async function requirePointer(bucket: HeadBucket, name: string): Promise<Pointer> {
  const pointer = await pointerOf(bucket, name);
  if (!pointer)
    throw new OperatorError(`expected a published head ${name}, found none: npm run heads -- list`);
  return pointer;
}

async function currentHead(
  bucket: HeadBucket,
  name: string,
): Promise<{ head: Head; bytes: number; version: string }> {
  const version = (await requirePointer(bucket, name)).versions.at(-1) ?? '';
  const bytes = await bucket.get(versionKey(name, version));
  if (!bytes) throw new OperatorError(`expected ${versionKey(name, version)} in the bucket, found none`);
  return { ...(await decodeHead(bytes)), bytes: bytes.length, version };
}

export async function publish(
  name: string,
  version: string,
  bytes: Uint8Array,
  { remote = false }: StoreCommand,
): Promise<void> {
  await withHeadBucket(remote, async (bucket) => {
    await bucket.put(versionKey(name, version), bytes);
    await bucket.put(pointerKey(name), encodePointer(withVersion(await pointerOf(bucket, name), version)));
  });
  console.log(`${remote ? "the account's" : 'local'} bucket: head ${name}, version ${version} in use`);
}

export async function pushFile(file: string, options: StoreCommand): Promise<void> {
  const bytes = new Uint8Array(await readFile(file));
  const { head, sha256 } = await decodeHead(bytes);
  await publish(head.facts.name, headVersion(sha256), bytes, options);
}

export async function readHead(options: StoreCommand & { name?: string; file?: string }): Promise<Head> {
  const { name, file, remote = false } = options;
  if (file) return (await decodeHead(new Uint8Array(await readFile(file)))).head;
  if (!name) throw new OperatorError('expected --name NAME or --file FILE, found neither');
  return withHeadBucket(remote, async (bucket) => (await currentHead(bucket, name)).head);
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

export async function list({ remote = false }: StoreCommand): Promise<void> {
  await withHeadBucket(remote, async (bucket) => {
    const names = (await bucket.keys(HEADS_PREFIX))
      .filter((key) => key.endsWith('/current'))
      .map((key) => key.slice(HEADS_PREFIX.length, -'/current'.length));
    const rows: (string | number)[][] = [];
    for (const name of names) {
      const { head, bytes, version } = await currentHead(bucket, name);
      const { labels, layer, photos, correct, backbone } = head.facts;
      const accuracy = percent(correct / total(photos));
      rows.push([name, version, labels.length, total(photos), accuracy, layer, bytes, backbone.name]);
    }
    const columns = ['head', 'version', 'classes', 'photos', 'leave-one-out', 'layer', 'bytes', 'backbone'];
    process.stdout.write(rows.length > 0 ? table(columns, rows) : 'no heads\n');
  });
}

export async function show(name: string, { remote = false }: StoreCommand): Promise<void> {
  await withHeadBucket(remote, async (bucket) => {
    const pointer = await requirePointer(bucket, name);
    const { head, bytes } = await currentHead(bucket, name);
    console.log(JSON.stringify({ ...head.facts, versions: pointer.versions, bytes }, null, 2));
  });
}

export async function rollback(name: string, { remote = false }: StoreCommand): Promise<void> {
  await withHeadBucket(remote, async (bucket) => {
    const pointer = rolledBack(name, await requirePointer(bucket, name));
    await bucket.put(pointerKey(name), encodePointer(pointer));
    console.log(`head ${name}: version ${pointer.versions.at(-1)} in use`);
  });
}

export async function remove(name: string, { remote = false }: StoreCommand): Promise<void> {
  checkHeadName(name);
  await withHeadBucket(remote, async (bucket) => {
    const { versions } = await requirePointer(bucket, name);
    await bucket.remove(pointerKey(name));
    for (const version of versions) await bucket.remove(versionKey(name, version));
    console.log(`head ${name}: deleted, ${versions.length} versions`);
  });
}

/** logits = (w . x / |x| + bias) / temperature, x the activations of the layer after ReLU. */
export async function exportJson(options: StoreCommand & { name?: string; file?: string }): Promise<void> {
  const { facts, weight, scale, bias } = await readHead(options);
  const rows = facts.labels.map((label, c) => ({
    label,
    bias: bias[c],
    weight: Array.from(weight.subarray(c * facts.inputs, (c + 1) * facts.inputs), (w) => w * (scale[c] ?? 0)),
  }));
  process.stdout.write(
    `${JSON.stringify({ ...facts, formula: '(weight . x / |x| + bias) / temperature', classes: rows })}\n`,
  );
}
