// Prints the logits of seeded pictures as hex bits: node test/engine/logits.ts MODEL-FILE KERNELS.wasm. A test starts it
// under flags of V8 that take instructions away.
import { readFileSync } from 'node:fs';
import { colorShift, shifted } from '../../src/classify/relight.ts';
import { spreadOf } from '../../src/classify/spread.ts';
import { Engine, type Prediction } from '../../src/engine/engine.ts';
import { modelInfoOf } from '../../src/model/header.ts';
import { headerEnd, parseHeader } from '../../src/model/safetensors.ts';
import { PHOTO_COLORS } from '../../src/network/colors.ts';
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

/** Fewer masks than a batch holds, and more. */
export const IDENTITY_DROPOUT = { passes: 18, seed: 2012 };

/** Entropy and mutual information, with all their digits. */
export function identitySpread(passes: readonly Prediction[]): string {
  const { entropy, mutualInformation } = spreadOf(passes.map(({ probabilities }) => probabilities));
  return `${entropy} ${mutualInformation}`;
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
  const pictures = identityPictures(engine.inputSize);
  const dropped = engine.runDropped(pictures.slice(0, 1), IDENTITY_DROPOUT).flat();
  const relit = engine.run([shifted(pictures[0] ?? new Uint8Array(0), colorShift(PHOTO_COLORS, 7, 3))]);
  console.log(identitySpread(dropped));
  for (const { logits, probabilities } of [...engine.run(pictures), ...dropped, ...relit])
    console.log(`${hexBits(logits)} ${hexBits(probabilities)}`);
}
