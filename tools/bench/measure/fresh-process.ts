// Run in a process of its own: `node tools/bench/measure/fresh-process.ts MODEL PICTURE`. Times the very first forward pass
// after loading, then the steady ones; prints FreshFigures as JSON.
import { readFile } from 'node:fs/promises';
import { openEngine } from '../../../weights/packed/engine.ts';
import { cpuNow, timingOf } from '../statistics.ts';

export interface FreshFigures {
  first_ms: number;
  steady_ms: number;
  first_cpu_ms: number;
  steady_cpu_ms: number;
}

const [model = '', file = ''] = process.argv.slice(2);
const picture = new Uint8Array(await readFile(file));
const engine = await openEngine(model);
const wall: number[] = [];
const cpu: number[] = [];
for (let i = 0; i < 60; i++) {
  const [start, computed] = [performance.now(), cpuNow()];
  engine.run([picture]);
  cpu.push(cpuNow() - computed);
  wall.push(performance.now() - start);
}
const steady = (samples: number[]) => timingOf(samples.slice(30)).median;
const figures: FreshFigures = {
  first_ms: wall[0] ?? Number.NaN,
  steady_ms: steady(wall),
  first_cpu_ms: cpu[0] ?? Number.NaN,
  steady_cpu_ms: steady(cpu),
};
process.stdout.write(JSON.stringify(figures));
