// `npm run load`: the self-hosted Worker (plain workerd on 127.0.0.1, started and stopped here) under a mix of uploads,
// closed and open loop; about half a minute. `-- --soak` ends with ten minutes at twice the rate that can be done.
// Prints throughput, latencies, errors by kind and memory over time; exit status 1 when a bar of design is missed.
import { Command } from 'commander';
import { HeapProbe } from '../workers/heap-probe.ts';

import {
  bundleSelfHost,
  type PlainWorker,
  selfHostFolder,
  startPlainWorker,
} from '../workers/plain-worker.ts';
import { growth, type Sample, watchMemory } from './memory.ts';
import { makeMix } from './mix.ts';
import { arrivals, starvation, throughput } from './phases.ts';
import { quantile, type Tally } from './tally.ts';

const CONNECTIONS = 8;
const SOAK_S = 600;
/** Memory has to be flat from here on. */
const SETTLED_S = 120;
const MAX_GROWTH = 0.05;
const MAX_ISOLATE_MIB = 128;
const MAX_STARVATION = 5;

const missed: string[] = [];

function bar(name: string, value: number, limit: number, digits = 2): void {
  const met = value <= limit;
  console.log(`${met ? 'met   ' : 'MISSED'} ${name}: ${value.toFixed(digits)} (limit ${limit})`);
  if (!met) missed.push(name);
}

function show(title: string, tally: Tally): void {
  console.log(`\n${title} (latencies in ms, of answers with the right status)`);
  console.table(tally.table());
  bar('answers that are neither right nor 429', tally.wrong.length, 0, 0);
}

function showMemory(samples: Sample[]): void {
  console.log('\nmemory, MiB (isolate = wasm + heap)');
  const step = Math.max(1, Math.floor(samples.length / 12));
  console.table(
    samples
      .filter((_, i) => i % step === 0 || i === samples.length - 1)
      .map((sample) => ({
        seconds: Math.round(sample.seconds),
        wasm: Math.round(sample.wasmMib),
        heap: Math.round(sample.heapMib),
        isolate: Math.round(sample.wasmMib + sample.heapMib),
        'whole process': Math.round(sample.residentMib),
      })),
  );
  const sizes = samples.map(({ wasmMib, heapMib }) => wasmMib + heapMib).sort((a, b) => a - b);
  console.log(`isolate: median ${quantile(sizes, 0.5).toFixed(0)} MiB`);
  bar('isolate at its peak, MiB', sizes.at(-1) ?? Number.NaN, MAX_ISOLATE_MIB, 0);
}

/** The Worker's own error lines, by code and cause. */
function showErrors(log: readonly string[]): void {
  const counts = new Map<string, number>();
  for (const line of log) {
    if (!line.includes('"message":"error"')) continue;
    const { code, error } = JSON.parse(line) as { code: string; error: string };
    counts.set(`${code}: ${error}`, (counts.get(`${code}: ${error}`) ?? 0) + 1);
  }
  for (const [error, count] of counts) console.log(`logged ${count} times: ${error}`);
}

async function overload({ url, pid, inspector }: PlainWorker, rate: number, seconds: number) {
  const mix = await makeMix();
  const probe = await HeapProbe.open(inspector);
  const memory = watchMemory(pid, probe, seconds > 60 ? 2_000 : 500);
  const tally = await arrivals(url, mix, rate, seconds);
  const samples = memory.stop();
  probe.close();
  show(`open loop, ${rate.toFixed(1)} requests/s for ${seconds} s`, tally);
  console.log(`answered: ${(tally.answered.length / seconds).toFixed(1)}/s`);
  showMemory(samples);
  if (seconds > SETTLED_S)
    bar(`growth of memory after ${SETTLED_S} s, %`, growth(samples, SETTLED_S) * 100, MAX_GROWTH * 100);
}

async function main(soak: boolean, soakSeconds: number): Promise<void> {
  await bundleSelfHost();
  const mix = await makeMix();
  const worker = await startPlainWorker(await selfHostFolder('self-host-load'));
  try {
    await fetch(new URL('/readyz?warm=1', worker.url));
    await throughput(worker.url, mix, { connections: 2, seconds: 2 });
    const { tally, rate } = await throughput(worker.url, mix, { connections: CONNECTIONS, seconds: 6 });
    show(`closed loop, ${CONNECTIONS} clients: ${rate.toFixed(1)} answers/s`, tally);
    show('open loop at 70 %', await arrivals(worker.url, mix, rate * 0.7, 5));
    const { idle, beside, large, ratio } = await starvation(worker.url, mix, soak ? 8 : 2);
    show('small uploads, nothing else', idle);
    show('small uploads beside 12 MP uploads', beside);
    show('the 12 MP uploads', large);
    bar('p99 of small uploads beside 12 MP uploads, in idle p99s', ratio, MAX_STARVATION);
    await overload(worker, rate * 2, soak ? soakSeconds : 6);
    const after = await fetch(new URL('/readyz', worker.url));
    showErrors(worker.log);
    console.log(`\nafterwards: ${await after.text()}`);
  } finally {
    await worker.stop();
  }
}

const { soak = false, soakSeconds } = new Command('load')
  .option('--soak', 'end with a long overload')
  .option('--soak-seconds <seconds>', 'how long', Number, SOAK_S)
  .parse()
  .opts<{ soak?: boolean; soakSeconds: number }>();
await main(soak, soakSeconds);
if (missed.length > 0) {
  console.error(`missed: ${missed.join('; ')}`);
  process.exitCode = 1;
}
