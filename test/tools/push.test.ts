// A packed model into the local bucket under the key of its checksum, and into wrangler.toml: the object arrives whole,
// is stored once, and the models before it stay.
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { R2Bucket } from '@cloudflare/workers-types';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { putLocal, withLocalBucket } from '../../tools/bucket.ts';
import { readConfig, useModel } from '../../tools/config.ts';
import { encodeSafetensors } from '../../tools/fixtures/encode-safetensors.ts';
import { trainedModel } from '../../tools/fixtures/trained-model.ts';
import type { FloatModel } from '../../weights/float-model.ts';
import { importFile } from '../../weights/formats/import-file.ts';
import { loadFile } from '../../weights/formats/loaded-file.ts';
import { packModel } from '../../weights/pack.ts';
import { openEngine } from '../../weights/packed/engine.ts';
import { type PackedFile, readPackedFile } from '../../weights/packed/file.ts';

const TILES = { convBlock: 8, denseBlock: 16, kStep: 4 };
let folder: string;
/** One for all tests: the simulator takes seconds to start. */
let bucket: R2Bucket;
let endTests: () => void;
const tested = new Promise<void>((resolve) => {
  endTests = resolve;
});
let closed: Promise<void>;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'push-'));
  bucket = await new Promise((resolve, reject) => {
    closed = withLocalBucket(
      async (opened) => {
        resolve(opened);
        await tested;
      },
      path.join(folder, 'state'),
    );
    closed.catch(reject);
  });
});
afterAll(async () => {
  endTests();
  await closed;
  rmSync(folder, { recursive: true });
});

async function packed(seed: number, changes: Partial<FloatModel> = {}): Promise<PackedFile> {
  const file = path.join(folder, `source-${seed}`);
  writeFileSync(file, encodeSafetensors(trainedModel('bvlc-alexnet', seed)));
  const source = loadFile(file);
  const target = path.join(folder, `packed-${seed}${Object.keys(changes).join('-')}`);
  await packModel({ ...importFile(source, { name: 'net' }), ...changes }, TILES, target);
  return readPackedFile(target);
}

test('two models of one name have two keys; each arrives whole and is stored once', async () => {
  const [first, second] = [await packed(1), await packed(2)];
  expect(first.key).not.toBe(second.key);
  expect(await putLocal(bucket, first)).toBe(true);
  expect(await putLocal(bucket, second)).toBe(true);
  expect(await putLocal(bucket, second)).toBe(false);
  for (const each of [first, second]) {
    const stored = await bucket.get(each.key);
    const content = new Uint8Array((await stored?.arrayBuffer()) as ArrayBuffer);
    const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    expect(digest(content)).toBe(digest(readFileSync(each.path)));
    expect(digest(content.subarray(each.dataStart))).toBe(each.info.sha256);
  }
});

test('the same weights with other labels are another model, beside the first', async () => {
  const first = await packed(1);
  const labels = first.info.labels.map((label, i) => ({ ...label, words: `another name ${i}` }));
  const other = await packed(1, { labels });
  expect(other.info.sha256).toBe(first.info.sha256);
  expect(other.key).not.toBe(first.key);
  await putLocal(bucket, first);
  await putLocal(bucket, other);
  const stored = await (await bucket.get(first.key))?.arrayBuffer();
  expect(readFileSync(first.path).equals(new Uint8Array(stored as ArrayBuffer))).toBe(true);
});

test.each([
  [
    'a byte of its weights',
    (content: Buffer) => content.fill(0x55, content.length - 104, content.length - 100),
  ],
  ['its end', (content: Buffer) => content.subarray(0, content.length - 1000)],
  ['its header', (content: Buffer) => content.fill(0, 0, 64)],
])('a stored model that has lost %s is replaced', async (_, damage) => {
  const file = await packed(1);
  await bucket.put(file.key, damage(readFileSync(file.path)));
  expect(await putLocal(bucket, file)).toBe(true);
  const stored = await (await bucket.get(file.key))?.arrayBuffer();
  expect(readFileSync(file.path).equals(new Uint8Array(stored as ArrayBuffer))).toBe(true);
});

test('wrangler.toml gets the new key at once and keeps everything else', async () => {
  const file = path.join(folder, 'wrangler.toml');
  const text = '# a comment\n[vars]\nMODEL = "old-1.safetensors"\n\n[[r2_buckets]]\nbucket_name = "models"\n';
  writeFileSync(file, text);
  expect(await readConfig(file)).toEqual({ model: 'old-1.safetensors', bucketName: 'models' });
  // Whoever has the file open, such as a running `wrangler dev`, never reads half of the new one.
  const before = openSync(file, 'r');
  await useModel('new-2.safetensors', file);
  expect(readFileSync(before, 'utf8')).toBe(text);
  closeSync(before);
  expect(readFileSync(file, 'utf8')).toBe(text.replace('old-1', 'new-2'));
  writeFileSync(file, '[vars]\n');
  await expect(readConfig(file)).rejects.toThrow(/expected a line MODEL/);
});

test('a damaged or truncated packed file is refused', async () => {
  const { path: file, bytes } = await packed(3);
  const content = readFileSync(file);
  content[bytes - 100] = (content[bytes - 100] as number) ^ 1;
  writeFileSync(file, content);
  await expect(openEngine(file)).rejects.toThrow(/expected SHA-256 [0-9a-f]{64}, found [0-9a-f]{64}/);
  writeFileSync(file, content.subarray(0, bytes - 1));
  await expect(readPackedFile(file)).rejects.toThrow(/expected \d+ bytes, found \d+/);
  writeFileSync(file, content.subarray(0, 4));
  await expect(readPackedFile(file)).rejects.toThrow(/expected/);
  writeFileSync(file, encodeSafetensors(trainedModel('bvlc-alexnet', 1)));
  await expect(readPackedFile(file)).rejects.toThrow(/expected a model file of format .* import it first/);
});
