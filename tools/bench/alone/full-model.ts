// A model of the full size (61 M parameters, 1000 classes, random weights of the right statistics) in workerd:
// `node tools/bench/alone/full-model.ts` after a build. Prints the packed size, the time of the first request (which loads
// the model), of warm ones, the engine's linear memory, and the resident memory of workerd before and after, which
// holds the simulated bucket too. Answers are checked first.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { importFile } from '../../../weights/formats/import-file.ts';
import { loadFile } from '../../../weights/formats/loaded-file.ts';
import { packModel } from '../../../weights/pack.ts';
import { kernelTiles, openEngine } from '../../../weights/packed/engine.ts';
import { readPackedFile } from '../../../weights/packed/file.ts';
import { encodeSafetensors } from '../../fixtures/encode-safetensors.ts';
import { pictures, trainedModel } from '../../fixtures/trained-model.ts';
import { bundleWorker, startWorker } from '../../workers/local-worker.ts';

const WARM = 40;

/** Resident and peak memory of the workerd that this process has started, MiB. */
function workerdMemory(): { resident: number; peak: number } {
  const [pid] = execFileSync('pgrep', ['-n', '-P', String(process.pid), 'workerd'], {
    encoding: 'utf8',
  }).split('\n');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
  return { resident: field('VmRSS'), peak: field('VmHWM') };
}

const folder = mkdtempSync(path.join(tmpdir(), 'full-model-'));
try {
  const source = path.join(folder, 'source');
  writeFileSync(source, encodeSafetensors(trainedModel('bvlc-alexnet', 1, true)));
  const file = loadFile(source);
  const target = path.join(folder, 'packed');
  await packModel(importFile(file, { name: 'full' }), kernelTiles(), target);
  const packed = await readPackedFile(target);
  const [picture] = pictures(1, 227, 4) as [Uint8Array];
  const engine = await openEngine(target);
  const [expected] = engine.run([picture]);
  // The middle 227 of 256: shorter side 256 leaves it as it is.
  const photo = await sharp(picture, { raw: { width: 227, height: 227, channels: 3 } })
    .extend({ top: 14, left: 14, bottom: 15, right: 15 })
    .png()
    .toBuffer();
  await bundleWorker();
  const worker = await startWorker({ MODEL: packed.key }, { onLog: () => undefined });
  try {
    const before = workerdMemory();
    await worker.bucket.put(packed.key, readFileSync(target));
    const classify = async () => {
      const started = performance.now();
      const response = await fetch(new URL('/v1/classify?top_k=5', worker.url), {
        method: 'POST',
        body: new Uint8Array(photo),
      });
      const body = (await response.json()) as { predictions: { index: number; probability: number }[] };
      return { status: response.status, body, ms: performance.now() - started };
    };
    const first = await classify();
    const [best] = first.body.predictions ?? [];
    const wanted = expected?.probabilities ?? new Float32Array(0);
    const top = wanted.indexOf(Math.max(...wanted));
    if (first.status !== 200 || best?.index !== top)
      throw new Error(
        `expected status 200 and class ${top}, got ${first.status}: ${JSON.stringify(first.body)}`,
      );
    const warm: number[] = [];
    for (let i = 0; i < WARM; i++) warm.push((await classify()).ms);
    warm.sort((a, b) => a - b);
    const after = workerdMemory();
    console.log(`linear memory      ${(engine.memoryBytes / 2 ** 20).toFixed(1)} MiB`);
    console.log(`packed file        ${packed.bytes} bytes`);
    console.log(`first request      ${first.ms.toFixed(0)} ms, with the load of the model`);
    console.log(
      `warm request       ${(warm[WARM / 2] as number).toFixed(1)} ms median, ${(warm[0] as number).toFixed(1)} ms least`,
    );
    console.log(
      `workerd, resident  ${before.resident.toFixed(0)} -> ${after.resident.toFixed(0)} MiB, peak ${after.peak.toFixed(0)}`,
    );
  } finally {
    await worker.stop();
  }
} finally {
  rmSync(folder, { recursive: true });
}
