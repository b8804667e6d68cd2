// What can be done with published heads, and publishing: by the Worker's own rules (src/heads/publish.ts).
import { readFile } from 'node:fs/promises';
import { decodeHead, MAX_HEAD_FILE_BYTES } from '../../src/heads/file.ts';
import type { Head } from '../../src/heads/head.ts';
import { publishVersion, readPointer, removeHead, rollBack } from '../../src/heads/publish.ts';
import {
  checkHeadName,
  HEADS_PREFIX,
  headVersion,
  type Pointer,
  versionKey,
} from '../../src/heads/published.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { table } from '../table.ts';
import { type HeadObjects, withHeadBucket } from './bucket.ts';
import { percent } from './report.ts';

export interface StoreCommand {
  remote?: boolean;
}

function requireHead<T>(found: T | undefined, name: string): T {
  if (found === undefined)
    throw new OperatorError(`expected a published head ${name}, found none: npm run heads -- list`);
  return found;
}

async function requirePointer(objects: HeadObjects, name: string): Promise<Pointer> {
  return requireHead(await readPointer(objects, name), name);
}

async function currentHead(
  objects: HeadObjects,
  name: string,
): Promise<{ head: Head; bytes: number; version: string }> {
  const version = (await requirePointer(objects, name)).versions.at(-1) ?? '';
  const bytes = await objects.get(versionKey(name, version), MAX_HEAD_FILE_BYTES);
  if (!bytes) throw new OperatorError(`expected ${versionKey(name, version)} in the bucket, found none`);
  return { ...(await decodeHead(bytes)), bytes: bytes.length, version };
}

export async function publish(
  name: string,
  version: string,
  bytes: Uint8Array,
  { remote = false }: StoreCommand,
): Promise<void> {
  await withHeadBucket(remote, (objects) => publishVersion(objects, name, version, bytes));
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
  await withHeadBucket(remote, async (objects) => {
    const { versions } = requireHead(await rollBack(objects, name), name);
    console.log(`head ${name}: version ${versions.at(-1)} in use`);
  });
}

export async function remove(name: string, { remote = false }: StoreCommand): Promise<void> {
  checkHeadName(name);
  await withHeadBucket(remote, async (objects) => {
    const { versions } = await requirePointer(objects, name);
    await removeHead(objects, name);
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
