// Prints the logits of seeded pictures as hex bits: node test/engine/logits.ts MODEL-FILE KERNELS.wasm. A test starts it
// under flags of V8 that take instructions away.
import { readFileSync } from 'node:fs';
import { Engine } from '../../src/engine/engine.ts';
import { modelInfoOf } from '../../src/model/header.ts';
import { headerEnd, parseHeader } from '../../src/model/safetensors.ts';
import { randomNumbers } from '../../tools/fixtures/random.ts';
import { kernelsModule } from '../support/kernel-builds.ts';

const PICTURES = 3;

/** Seeded pictures for an engine: noise, waves, one colour. */
export function identityPictures(size: number): Uint8Array[] {
  const next = randomNumbers(2012);
  return Array.from({ length: PICTURES }, (_, index) =>
    Uint8Array.from({ length: size * size * 3 }, (_, i) =>
      index === 0 ? next() * 256 : index === 1 ? 127 + 120 * Math.sin(i / 50) : 90,
    ),
  );
}

/** The bits of f32 numbers. */
export function hexBits(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');
}

if (process.argv[1] === import.meta.filename) {
  const [file = '', build = ''] = process.argv.slice(2);
  const bytes = readFileSync(file);
  const header = parseHeader(bytes.subarray(0, headerEnd(bytes)));
  const engine = new Engine(kernelsModule(build), modelInfoOf(header));
  engine.weights(0, header.dataBytes).set(bytes.subarray(header.dataStart));
  const predictions = engine.run(identityPictures(engine.inputSize));
  for (const { logits, probabilities } of predictions)
    console.log(`${hexBits(logits)} ${hexBits(probabilities)}`);
}
