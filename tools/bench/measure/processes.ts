// The part of the bench that needs processes of its own: the first pass of a fresh one.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { BenchError } from '../contender.ts';
import { instructionFlags } from '../machine/machine.ts';
import { median } from '../statistics.ts';
import type { FreshFigures } from './fresh-process.ts';

async function runNode<T>(script: string, parameters: string[]): Promise<T> {
  const file = path.join(import.meta.dirname, script);
  const flags = instructionFlags();
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, file, ...parameters], {
      maxBuffer: 1 << 24,
    });
    return JSON.parse(stdout) as T;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new BenchError(`node ${[...flags, `tools/bench/${script}`].join(' ')}: ${stderr || message}`);
  }
}

export interface FreshRow extends FreshFigures {
  processes: number;
  /** Of computing times. */
  ratio: number;
}

/** Medians over `processes` fresh ones. */
export async function measureFresh(model: string, picture: string, processes: number): Promise<FreshRow> {
  const runs: FreshFigures[] = [];
  for (let i = 0; i < processes; i++) runs.push(await runNode('fresh-process.ts', [model, picture]));
  const middle = (key: keyof FreshFigures) => median(runs.map((run) => run[key]));
  return {
    processes,
    first_ms: middle('first_ms'),
    steady_ms: middle('steady_ms'),
    first_cpu_ms: middle('first_cpu_ms'),
    steady_cpu_ms: middle('steady_cpu_ms'),
    ratio: median(runs.map((run) => run.first_cpu_ms / run.steady_cpu_ms)),
  };
}
