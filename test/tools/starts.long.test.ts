// Isolates started over and over, each under requests and hang-ups from its first moment (20 by default; STARTS=50 for
// many), and two models switched under traffic: every answer is that of one of them, whole.
import { copyFile, link, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { defaultModelFile } from '../../tools/workers/local-worker.ts';
import { selfHostFolder, startPlainWorker } from '../../tools/workers/plain-worker.ts';
import { readPackedFile } from '../../weights/packed/file.ts';
import { abortedPost } from '../support/hang-up.ts';
import { packTinyModel } from '../support/tiny-model.ts';

const STARTS = Number(process.env.STARTS ?? 20);
const root = path.join(import.meta.dirname, '../..');

let jpeg: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  jpeg = new Uint8Array(await photograph(320, 240).jpeg().toBuffer());
});

interface Answer {
  status: number;
  sha256: string;
  predictions: unknown;
}

async function classify(address: URL): Promise<Answer> {
  const response = await fetch(new URL('/v1/classify?top_k=0', address), { method: 'POST', body: jpeg });
  const { model, predictions } = (await response.json()) as {
    model: { sha256: string };
    predictions: unknown;
  };
  return { status: response.status, sha256: model?.sha256, predictions };
}

test(`${STARTS} isolates, each cold under six requests, two of which are broken off`, async () => {
  const folder = await selfHostFolder('self-host-starts');
  const seen = new Set<string>();
  for (let start = 0; start < STARTS; start++) {
    const worker = await startPlainWorker(folder);
    try {
      const url = new URL('/v1/classify', worker.url);
      // The breaks move through the load from start to start.
      const breaks = [start * 7, 3 + start * 11].map((ms) => abortedPost(url, jpeg, ms % 90));
      const answers = await Promise.all(Array.from({ length: 4 }, () => classify(worker.url)));
      await Promise.all(breaks);
      for (const { status, predictions } of answers) {
        expect(status).toBe(200);
        seen.add(JSON.stringify(predictions));
      }
    } finally {
      await worker.stop();
    }
  }
  expect(seen.size).toBe(1);
}, 300_000);

test('another model is deployed under traffic: each answer belongs to the model that it names', async () => {
  const before = await defaultModelFile();
  const file = path.join(root, 'build', 'switched-model.safetensors');
  await writeFile(file, await packTinyModel(root));
  const { key, info } = await readPackedFile(file);
  const after = path.join(root, 'build', key);
  await copyFile(file, after);
  const folders = await Promise.all([
    selfHostFolder('self-host-before'),
    selfHostFolder('self-host-after', after),
  ]);
  // Both models lie in one bucket, as after a push.
  await link(after, path.join(folders[0], 'models', key));
  await link(before.file, path.join(folders[1], 'models', before.key)).catch(() => undefined);
  const [old, fresh] = await Promise.all(folders.map((folder) => startPlainWorker(folder)));
  if (!old || !fresh) throw new Error('expected two Workers');
  try {
    const [expectedOld, expectedNew] = await Promise.all([classify(old.url), classify(fresh.url)]);
    expect(before.key).toContain(expectedOld.sha256.slice(0, 12));
    expect(expectedNew.sha256).toBe(info.sha256);
    expect(expectedNew.predictions).not.toEqual(expectedOld.predictions);
    const REQUESTS = 40;
    const answers = await Promise.all(
      Array.from({ length: REQUESTS }, async (_, i) => {
        await new Promise((resolve) => setTimeout(resolve, i * 10));
        // The switch goes through the fleet bit by bit.
        return classify((i * 7) % REQUESTS < i ? fresh.url : old.url);
      }),
    );
    const expected = { [expectedOld.sha256]: expectedOld, [expectedNew.sha256]: expectedNew };
    for (const answer of answers) expect(answer).toEqual(expected[answer.sha256]);
    expect(new Set(answers.map(({ sha256 }) => sha256)).size).toBe(2);
  } finally {
    await Promise.all([old.stop(), fresh.stop()]);
  }
});
