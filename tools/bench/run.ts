// One run of the bench, from opening the contenders to the report. Everything is measured in one interleaved race, but
// for what needs a process or a Worker of its own.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Engine } from '../../src/engine/engine.ts';
import { kernelsModule, openEngine } from '../../weights/packed/engine.ts';
import { withProgress } from '../progress.ts';
import { defaultModelFile } from '../workers/local-worker.ts';
import { type Contender, PEERS_COMMAND } from './contender.ts';
import { describeMachine } from './machine/machine.ts';
import { startNeighbours } from './machine/neighbours.ts';
import { measureCold, measureRequestCpu } from './measure/cold.ts';
import { benchDecode } from './measure/decode.ts';
import { decoderMemoryBytes } from './measure/decoder-memory.ts';
import { openDense } from './measure/dense.ts';
import { inEightBits } from './measure/eight-bits.ts';
import { openBreakdown } from './measure/layers.ts';
import { openPeak } from './measure/peak.ts';
import { measureFresh } from './measure/processes.ts';
import { measureService } from './measure/service.ts';
import { oursInNode, oursInWorkerd, WORKERD_PASSES } from './ours.ts';
import { openPeers } from './peers/open.ts';
import { openPictures } from './pictures.ts';
import { race, timingRow, verifyAll } from './race.ts';
import type { Report } from './report.ts';
import { cpuNow, median } from './statistics.ts';

const BATCH = 8;
/** Rounds from one measurement of the dense layers alone to the next: they flush the caches eight times. */
const DENSE_EVERY = 2;
const BURST = 'ours-node in bursts';

export interface Options {
  /** Few repetitions; without workerd, HTTP and decoding. */
  quick: boolean;
  /** Forward passes alone: without HTTP and decoding. */
  passes: boolean;
  /** Whether peers take part. */
  peers: boolean;
  /** Threads that read memory meanwhile. */
  neighbours: number;
}

interface Effort {
  rounds: number;
  warmUps: number;
  processes: number;
  requests: number;
  starts: number;
}
const FULL: Effort = { rounds: 40, warmUps: 5, processes: 5, requests: 40, starts: 3 };
const QUICK: Effort = { rounds: 5, warmUps: 3, processes: 1, requests: 0, starts: 0 };

/** Ours in Node, timed as ours in workerd is: as the mean of several passes. */
function inBursts(ours: Contender): Contender {
  return {
    ...ours,
    name: BURST,
    async time(picture) {
      const pass = ours.forward(picture);
      const [wall, cpu] = [performance.now(), cpuNow()];
      for (let i = 0; i < WORKERD_PASSES; i++) await pass();
      return {
        cpu: (cpuNow() - cpu) / WORKERD_PASSES,
        wall: (performance.now() - wall) / WORKERD_PASSES,
      };
    },
  };
}

/** Computing time of one picture and of a batch of it. */
function batchTimer(engine: Engine, picture: Uint8Array) {
  const batch = Array.from({ length: BATCH }, () => picture);
  const ones: number[] = [];
  const batches: number[] = [];
  return {
    measure() {
      const start = cpuNow();
      engine.run([picture]);
      const middle = cpuNow();
      engine.run(batch);
      ones.push(middle - start);
      batches.push(cpuNow() - middle);
    },
    result() {
      const ms = median(batches);
      const one_ms = median(ones);
      return { pictures: BATCH, ms, one_ms, ratio: ms / one_ms };
    },
  };
}

async function openContenders(engine: Engine, file: string, options: Options, calibration: Uint8Array[]) {
  const ours = oursInNode(engine);
  const contenders = [ours];
  const wide = inEightBits(engine);
  if (wide)
    contenders.push({ ...oursInNode(wide), name: 'ours-node-8bit', detail: 'the same weights in 8 bits' });
  if (!options.quick) {
    const workerd = await withProgress('starting workerd', () => oursInWorkerd(file));
    contenders.push(inBursts(ours), workerd);
  }
  if (!options.peers) return contenders;
  const peers = await withProgress('preparing the peers', (update) => openPeers(engine, calibration, update));
  if (peers.missing.length > 0)
    process.stderr.write(`not installed, left out: ${peers.missing.join(', ')}; ${PEERS_COMMAND}\n`);
  return [...contenders, ...peers.contenders];
}

/** Throws BenchError when a contender answers wrongly, OperatorError when the kernels are not built. */
export async function measure(options: Options): Promise<Report> {
  const effort = options.quick ? QUICK : FULL;
  const machine = describeMachine();
  const { file } = await defaultModelFile();
  const engine = await openEngine(file);
  const pictures = await openPictures(engine.info.preprocess);
  const peak = await openPeak();
  const contenders = await openContenders(engine, file, options, pictures.calibration);
  const breakdown = await openBreakdown(engine, pictures.timed);
  const batch = batchTimer(engine, pictures.timed);
  const dense = openDense(kernelsModule());
  const neighbours = options.neighbours > 0 ? await startNeighbours(options.neighbours) : undefined;
  const verified = await withProgress('verifying', () => verifyAll(contenders, pictures.verification));
  const timings = await withProgress('timing', (update) =>
    race(contenders, pictures.timed, effort.rounds, effort.warmUps, (round) => {
      breakdown.measure();
      batch.measure();
      if (round % DENSE_EVERY === 0) dense.measure();
      peak();
      update(round + 1, effort.rounds);
    }),
  );
  const folder = path.join(import.meta.dirname, '../../build/bench');
  await mkdir(folder, { recursive: true });
  const picture = path.join(folder, 'picture.rgb');
  await writeFile(picture, pictures.timed);
  const fresh = await withProgress('fresh processes', () => measureFresh(file, picture, effort.processes));
  const { layers, ...rest } = breakdown.result();
  const rows = verified
    .filter(({ name }) => name !== BURST)
    .flatMap(({ name, detail, cosine }) => {
      const timing = timings.get(name);
      return timing ? [{ name, detail, ...timingRow(timing), cosine }] : [];
    });
  const { gmacs, gbytes } = peak();
  const macs = engine.layers.reduce((sum, layer) => sum + layer.macs, 0);
  const report: Report = {
    machine,
    pictures: pictures.source,
    rounds: effort.rounds,
    peak_gmacs: gmacs,
    peak_gbytes: gbytes,
    ideal_ms: macs / gmacs / 1e6,
    rows,
    layers,
    breakdown: rest,
    batch: batch.result(),
    dense: dense.result(),
    ...(neighbours ? { neighbours: { threads: options.neighbours, gbytes: neighbours.gbytes() } } : {}),
    fresh,
    engine_bytes: engine.memoryBytes,
  };
  const burst = timings.get(BURST)?.cpu.median;
  const workerd = timings.get('ours-workerd')?.cpu.median;
  if (burst !== undefined && workerd !== undefined)
    report.workerd = { node_ms: burst, workerd_ms: workerd, ratio: workerd / burst };
  if (options.quick || options.passes) {
    for (const contender of contenders) await contender.close();
    await neighbours?.stop();
    return report;
  }
  report.service = await withProgress('POST /v1/classify', (update) =>
    measureService(pictures.jpeg, effort.requests, (done) => update(done, effort.requests)),
  );
  report.cold = await withProgress('first answers', () => measureCold(pictures.jpeg.file, effort.starts));
  report.request = await withProgress('computing time of a request', () =>
    measureRequestCpu(pictures.jpeg.file, effort.requests / 4, async () => {
      const contender = contenders.find(({ name }) => name === 'ours-workerd');
      return (await contender?.time?.(pictures.timed))?.cpu ?? Number.NaN;
    }),
  );
  for (const contender of contenders) await contender.close();
  const { memory } = report.service;
  if (memory)
    report.isolate_bytes =
      engine.memoryBytes +
      (await decoderMemoryBytes(pictures.jpeg.file, engine.info.preprocess)) +
      memory.heap_bytes +
      memory.buffer_bytes;
  report.decode = await withProgress('decoding', () => benchDecode());
  await neighbours?.stop();
  return report;
}
