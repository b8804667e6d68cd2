// `node tools/bench/alone/dropout.ts [PASSES]`: what dropout costs beside a pass: minima of both, in turn, and their ratio.

import { openEngine } from '../../../weights/packed/engine.ts';
import { photographPixels } from '../../fixtures/photograph.ts';
import { defaultModelFile } from '../../workers/local-worker.ts';

const ROUNDS = 60;

const passes = Number(process.argv[2] ?? 16);
const engine = await openEngine((await defaultModelFile()).file);
const picture = photographPixels(engine.inputSize, engine.inputSize);
const time = (run: () => void): number => {
  const start = performance.now();
  run();
  return performance.now() - start;
};
let plain = Number.POSITIVE_INFINITY;
let dropped = Number.POSITIVE_INFINITY;
for (let round = 0; round < ROUNDS; round++) {
  plain = Math.min(
    plain,
    time(() => engine.run([picture])),
  );
  dropped = Math.min(
    dropped,
    time(() => engine.runDropped([picture], { passes, seed: round })),
  );
}
console.log(
  `a pass ${plain.toFixed(2)} ms, dropout=${passes} ${dropped.toFixed(2)} ms: ${(dropped / plain).toFixed(2)} passes`,
);
