// `npm run attack`: the self-hosted Worker (plain workerd on 127.0.0.1 with its heap cap, started and stopped here) under
// every attack of table/, a good photo each second beside it. Prints a row an attack and number of connections; exit
// status 1 when one misses what is expected. `-- --mix 600` plays all of them at random for so many seconds.
import { Command } from 'commander';
import { build } from '../../assembly/build.ts';
import { bundleSelfHost, selfHostFolder } from '../workers/plain-worker.ts';
import { misses, promptShare, refusals } from './bars.ts';
import { mixOf } from './mix.ts';
import { type Calm, measureCalm, type Row, runAttack } from './run.ts';
import { type Attack, bytesOf } from './script.ts';
import { slowHttpAttacks } from './slowhttptest.ts';
import { ATTACKS } from './table/index.ts';
import { Target } from './target.ts';

interface Options {
  only?: string;
  connections?: number;
  seconds: number;
  mix?: number;
  bundle: boolean;
}

const COLUMNS: [string, number][] = [
  ['attack', 54],
  ['conns', 5],
  ['good in 2 s', 11],
  ['worst s', 7],
  ['refused', 7],
  ['isolate', 7],
  ['process', 7],
  ['left', 5],
  ['CPU s', 6],
  ['answer kB', 9],
];

function line(cells: readonly string[]): string {
  return COLUMNS.map(([, width], i) => {
    const cell = cells[i] ?? '';
    return i === 0 ? cell.padEnd(width) : cell.padStart(width);
  }).join('  ');
}

function cellsOf(row: Row): string[] {
  const { good } = row;
  const worst = Math.max(0, ...(good ?? []).map(({ latencyMs }) => latencyMs)) / 1000;
  const whole = (value: number) => (Number.isFinite(value) ? value.toFixed(0) : '-');
  return [
    row.name,
    String(row.connections),
    good ? `${Math.round(promptShare(row) * good.length)}/${good.length}` : '',
    good ? worst.toFixed(1) : '',
    good ? String(refusals(row)) : '',
    whole(row.isolateMib),
    whole(row.residentMib),
    whole(row.leftMib),
    Number.isFinite(row.cpuSeconds) ? row.cpuSeconds.toFixed(2) : '-',
    (row.tally.largestAnswer / 1000).toFixed(0),
  ];
}

/** Bytes of a single request: all that its script sends. */
async function bytesSent({ scripts }: Attack): Promise<number> {
  let bytes = 0;
  for (const step of scripts[0]?.steps ?? [])
    if ('send' in step) bytes += (await bytesOf(step.send)).byteLength;
  return bytes;
}

class Campaign {
  readonly #folder: string;
  #target: Target | undefined;
  #calm: Calm = { photoCpuSeconds: 0, isolateMib: 0 };
  #missed = 0;
  #rows = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get missed(): number {
    return this.#missed;
  }

  async run(attack: Attack, connections: number, seconds: number): Promise<void> {
    const target = await this.#ready();
    const row = await runAttack(target, attack, connections, seconds, this.#calm);
    const missed = misses(row, attack, await bytesSent(attack));
    this.#rows++;
    if (missed.length > 0) this.#missed++;
    const verdict = missed.length === 0 ? 'ok' : `MISSED ${missed.join('; ')}`;
    console.log(`${line(cellsOf(row))}  ${verdict}  [${row.tally.text()}]`);
    if (!row.alive) console.log(`    ${target.lastWords}`);
    // What one attack left is not the next one's fault.
    if (!row.alive || !row.recovered) await this.stop();
  }

  async stop(): Promise<void> {
    await this.#target?.stop();
    this.#target = undefined;
  }

  summary(): string {
    return `${this.#rows - this.#missed} of ${this.#rows} rows hold`;
  }

  async #ready(): Promise<Target> {
    if (this.#target) return this.#target;
    const target = await Target.start(this.#folder);
    this.#target = target;
    this.#calm = await measureCalm(target);
    return target;
  }
}

async function main({ only, connections, seconds, mix, bundle }: Options): Promise<boolean> {
  if (bundle) {
    await build(process.env.KERNELS ?? 'relaxed', false);
    await bundleSelfHost();
  }
  const campaign = new Campaign(await selfHostFolder('self-host-attack'));
  console.log(line(COLUMNS.map(([name]) => name)));
  try {
    if (mix !== undefined) {
      const all = mixOf(ATTACKS);
      await campaign.run(all, all.scripts.length, mix);
    } else {
      const pattern = new RegExp(only ?? '', 'i');
      for (const attack of ATTACKS.filter(({ name }) => pattern.test(name)))
        for (const count of attack.connections)
          if (connections === undefined || count === connections) await campaign.run(attack, count, seconds);
      for (const attack of slowHttpAttacks().filter(({ name }) => pattern.test(name)))
        await campaign.run(attack, 400, Math.max(seconds, 30));
    }
  } finally {
    await campaign.stop();
  }
  console.log(campaign.summary());
  return campaign.missed === 0;
}

const options = new Command('attack')
  .description('attack the self-hosted Worker and see whether good clients notice')
  .option('--only <pattern>', 'attacks whose name matches')
  .option('--connections <number>', 'rows with so many connections', Number)
  .option('--seconds <seconds>', 'of each row', Number, 15)
  .option('--mix <seconds>', 'all attacks at once, in turns, for so long', Number)
  .option('--no-bundle', 'take the bundle that is there')
  .parse()
  .opts<Options>();
if (!(await main(options))) process.exitCode = 1;
