// From a packed file to the bucket: the committed default model unpacks to what its header says, the local bucket
// takes a model once, wrangler.toml names it.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { putLocal, storedChecksum, withLocalBucket } from '../../weights/bucket.ts';
import { importAndPack } from '../../weights/cli/import.ts';
import {
  compressedModelKey,
  compressModel,
  DEFAULT_MODEL_PATH,
  unpackModel,
} from '../../weights/default-model.ts';
import { type PackedFile, readPackedFile } from '../../weights/packed-file.ts';
import { readConfig, useModel } from '../../weights/worker-config.ts';
import { encodeSafetensors } from './encode-safetensors.ts';
import { trainedModel } from './trained-model.ts';

let folder: string;
let packed: PackedFile;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'storage-'));
  const source = path.join(folder, 'source');
  writeFileSync(source, encodeSafetensors(trainedModel('bvlc-alexnet', 6)));
  packed = await importAndPack(source, { name: 'narrow', out: path.join(folder, 'narrow.safetensors') });
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the default model: named in wrangler.toml, and its data has the checksum of its header', async () => {
  const key = await compressedModelKey(DEFAULT_MODEL_PATH);
  expect((await readConfig()).model).toBe(key);
  const unpacked = await unpackModel(DEFAULT_MODEL_PATH, path.join(folder, 'default.safetensors'));
  expect(unpacked.key).toBe(key);
  expect(unpacked.info.labels.map(({ words }) => words)).toContain('French horn');
  const bytes = readFileSync(unpacked.path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  expect(createHash('sha256').update(bytes.subarray(start)).digest('hex')).toBe(unpacked.info.sha256);
});

test('compressing and unpacking gives the same bytes', async () => {
  const compressed = path.join(folder, 'narrow.br');
  await compressModel(packed.path, compressed);
  const unpacked = await unpackModel(compressed, path.join(folder, 'again.safetensors'));
  expect(readFileSync(unpacked.path).equals(readFileSync(packed.path))).toBe(true);
  expect(await compressedModelKey(compressed)).toBe(packed.key);
});

test('a file that is no packed model is refused', async () => {
  const source = path.join(folder, 'source');
  await expect(readPackedFile(source)).rejects.toThrow(/expected a packed model/);
  const short = path.join(folder, 'short');
  writeFileSync(short, readFileSync(packed.path).subarray(0, -1));
  await expect(readPackedFile(short)).rejects.toThrow(/expected \d+ bytes, found \d+/);
});

test('the local bucket takes a model once and keeps its bytes and checksum', async () => {
  const state = path.join(folder, 'state');
  await withLocalBucket(async (bucket) => {
    expect(await storedChecksum(bucket, packed.key)).toBeUndefined();
    const progress: number[] = [];
    expect(await putLocal(bucket, packed, (done) => progress.push(done))).toBe(true);
    expect(progress.at(-1)).toBe(packed.bytes);
    expect(await storedChecksum(bucket, packed.key)).toBe(packed.info.sha256);
    expect(await putLocal(bucket, packed)).toBe(false);
    const object = await bucket.get(packed.key);
    const stored = Buffer.from((await object?.arrayBuffer()) ?? new ArrayBuffer(0));
    expect(stored.equals(readFileSync(packed.path))).toBe(true);
  }, state);
  await withLocalBucket(async (bucket) => {
    expect(await putLocal(bucket, packed)).toBe(false);
  }, state);
});

test('wrangler.toml: another model, and nothing else, is changed', async () => {
  const config = path.join(folder, 'wrangler.toml');
  const before = '# kept\n[vars]\nMODEL = "old.safetensors" # kept\n[[r2_buckets]]\nbucket_name = "models"\n';
  writeFileSync(config, before);
  await useModel('new.safetensors', config);
  expect(await readConfig(config)).toEqual({ model: 'new.safetensors', bucketName: 'models' });
  expect(readFileSync(config, 'utf8')).toBe(before.replace('old', 'new'));
  writeFileSync(config, 'name = "x"\n');
  await expect(readConfig(config)).rejects.toThrow(/expected a line MODEL/);
});
