// Run in a process of its own: `node test/bench/fresh-process.ts MODEL PICTURE`. Times the very first forward pass
// after loading, then the steady ones; prints {first_ms, steady_ms} as JSON.
import { readFile } from 'node:fs/promises';
import { openEngine } from '../../weights/packed-model.ts';
import { timingOf } from './statistics.ts';

export interface FreshFigures {
  first_ms: number;
  steady_ms: number;
}

const [model = '', file = ''] = process.argv.slice(2);
const picture = new Uint8Array(await readFile(file));
const engine = await openEngine(model);
const samples: number[] = [];
for (let i = 0; i < 60; i++) {
  const start = performance.now();
  engine.run([picture]);
  samples.push(performance.now() - start);
}
const steady = timingOf(samples.slice(30));
const figures: FreshFigures = { first_ms: samples[0] ?? Number.NaN, steady_ms: steady.median };
process.stdout.write(JSON.stringify(figures));
