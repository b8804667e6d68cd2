// The machine that the figures belong to.
import os from 'node:os';
import { instantiateKernels } from '../../../src/engine/kernels.ts';
import { kernelsModule } from '../../../weights/packed/engine.ts';

export interface Machine {
  cpu: string;
  cores: number;
  node: string;
  v8: string;
  /** The instruction that the dot product became. */
  dot: string;
  /** Which bars hold: whether that is a single instruction or several. */
  kind: 'single' | 'several';
  /** Load average of the last minute when the bench began: above the core count, medians are worth little. */
  load: number;
  flags: string[];
}

/** Node's flags that take instructions away: other processes that are measured get them, too. */
export function instructionFlags(): string[] {
  return process.execArgv.filter((flag) => flag.startsWith('--no-enable-'));
}

const DOT: Record<number, string> = {
  129540: 'one instruction, unsigned inputs (vpdpbusd)',
  [-508]: 'one instruction, signed inputs (sdot)',
  65534: 'three instructions (pmaddubsw)',
  0: 'plain SIMD128',
};

const SINGLE = new Set([129_540, -508]);

export function describeMachine(): Machine {
  const [cpu] = os.cpus();
  const probe = instantiateKernels(kernelsModule()).dotProbe();
  return {
    cpu: `${cpu?.model.trim() ?? os.arch()} (${os.platform()} ${os.arch()})`,
    cores: os.cpus().length,
    node: process.versions.node,
    v8: process.versions.v8,
    kind: SINGLE.has(probe) ? 'single' : 'several',
    dot: DOT[probe] ?? `unknown (${probe})`,
    load: os.loadavg()[0] ?? 0,
    flags: process.execArgv,
  };
}
