// Safe switching: while a Worker answers from one model, another is pushed under its own key; requests in flight go on
// unharmed, and a Worker whose MODEL names the new key answers from it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pictures, trainedModel } from '../../tools/fixtures/trained-model.ts';
import { type LocalWorker, startWorker } from '../../tools/workers/local-worker.ts';
import { importFile } from '../../weights/formats/import-file.ts';
import { loadFile } from '../../weights/formats/loaded-file.ts';
import { packModel } from '../../weights/pack.ts';
import { kernelTiles } from '../../weights/packed/engine.ts';
import { type PackedFile, readPackedFile } from '../../weights/packed/file.ts';
import { encodeCaffemodel } from './encode/caffemodel.ts';

let folder: string;
let photo: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'switch-'));
  const raw = { width: 256, height: 256, channels: 3 as const };
  photo = new Uint8Array(
    await sharp(pictures(1, 256, 6)[0], { raw })
      .png()
      .toBuffer(),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

async function packed(seed: number): Promise<PackedFile> {
  const file = path.join(folder, `net-${seed}`);
  writeFileSync(file, encodeCaffemodel(trainedModel('bvlc-alexnet', seed), { form: 'older' }));
  const source = loadFile(file);
  const target = path.join(folder, `packed-${seed}`);
  await packModel(importFile(source, { name: 'net' }), kernelTiles(), target);
  return readPackedFile(target);
}

async function answer({
  url,
}: LocalWorker): Promise<{ status: number; version: string; predictions: string }> {
  const response = await fetch(new URL('/v1/classify', url), { method: 'POST', body: photo });
  const body = (await response.json()) as { model: { sha256: string }; predictions: unknown };
  return {
    status: response.status,
    version: body.model?.sha256,
    predictions: JSON.stringify(body.predictions),
  };
}

test('pushing a model leaves the running one alone; MODEL switches', async () => {
  const [old, next] = [await packed(1), await packed(2)];
  const quiet = { onLog: () => undefined };
  const worker = await startWorker({ MODEL: old.key }, quiet);
  try {
    await worker.bucket.put(old.key, readFileSync(old.path));
    const before = await answer(worker);
    expect(before).toMatchObject({ status: 200, version: old.info.sha256 });
    const during = Array.from({ length: 12 }, () => answer(worker));
    await worker.bucket.put(next.key, readFileSync(next.path));
    for (const each of await Promise.all(during)) expect(each).toEqual(before);
    expect(await answer(worker)).toEqual(before);

    const switched = await startWorker({ MODEL: next.key }, quiet);
    try {
      await switched.bucket.put(next.key, readFileSync(next.path));
      const after = await answer(switched);
      expect(after).toMatchObject({ status: 200, version: next.info.sha256 });
      expect(after.predictions).not.toBe(before.predictions);
    } finally {
      await switched.stop();
    }
  } finally {
    await worker.stop();
  }
});
