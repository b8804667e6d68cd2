// Run in a process of its own, whose Node flags take instructions away:
// `node --no-enable-avx-vnni tools/bench/flagged-process.ts MODEL PICTURE ROUNDS F32.onnx INT8.onnx`. Races ours
// against onnxruntime-web under the same flags; prints {peak_gmacs, rows} as JSON.
import { readFile } from 'node:fs/promises';
import { openEngine } from '../../weights/packed/engine.ts';
import type { Contender } from './contender.ts';
import { oursInNode } from './ours.ts';
import { openPeak } from './peak.ts';
import { openOrt } from './peers/onnxruntime.ts';
import { race, type TimingRow, timingRow, verifyAll } from './race.ts';

export interface FlaggedFigures {
  peak_gmacs: number;
  rows: TimingRow[];
}

const [model = '', file = '', rounds = '', f32 = '', int8 = ''] = process.argv.slice(2);
const picture = new Uint8Array(await readFile(file));
const contenders: Contender[] = [oursInNode(await openEngine(model))];
for (const [name, onnx] of [
  ['ort-web-f32', f32],
  ['ort-web-int8', int8],
] as const) {
  const peer =
    onnx === '' ? undefined : await openOrt('onnxruntime-web', name, new Uint8Array(await readFile(onnx)));
  if (peer) contenders.push(peer);
}
await verifyAll(contenders, [picture]);
const peak = await openPeak();
const timings = await race(contenders, picture, Number(rounds), 5, () => {
  peak();
});
const figures: FlaggedFigures = {
  peak_gmacs: peak().gmacs,
  rows: [...timings].map(([name, timing]) => ({ name, ...timingRow(timing) })),
};
process.stdout.write(JSON.stringify(figures));
process.exit(0);
