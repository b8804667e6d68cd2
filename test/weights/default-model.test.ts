// The committed default model: wrangler.toml names it, and it unpacks to what its header says. Compression keeps
// every byte.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readConfig } from '../../tools/config.ts';
import { encodeSafetensors } from '../../tools/fixtures/encode-safetensors.ts';
import { trainedModel } from '../../tools/fixtures/trained-model.ts';
import { importAndPack } from '../../tools/weights/import.ts';
import {
  compressedModelKey,
  compressModel,
  DEFAULT_MODEL_PATH,
  unpackModel,
} from '../../weights/packed/brotli.ts';
import type { PackedFile } from '../../weights/packed/file.ts';

let folder: string;
let packed: PackedFile;
beforeAll(async () => {
  // The command's own lines: its progress and what it found.
  const quiet = [
    vi.spyOn(process.stderr, 'write').mockReturnValue(true),
    vi.spyOn(console, 'log').mockReturnValue(undefined),
  ];
  folder = mkdtempSync(path.join(tmpdir(), 'default-model-'));
  const source = path.join(folder, 'source');
  writeFileSync(source, encodeSafetensors(trainedModel('bvlc-alexnet', 6)));
  packed = await importAndPack(source, { name: 'narrow', out: path.join(folder, 'narrow.safetensors') });
  for (const spy of quiet) spy.mockRestore();
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
