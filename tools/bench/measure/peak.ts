// The measured peaks: multiply-adds and bytes read per second by loops that do nothing else (peak/dot-loop.ts,
// compiled here).
import { readFileSync } from 'node:fs';
import path from 'node:path';
import asc from 'assemblyscript/asc';

const root = path.join(import.meta.dirname, '../../..');
const FILE = 'build/bench-dot-loop.wasm';
const MACS_PER_ROUND = 12 * 16;
/** About a millisecond, so that the calls are optimised soon. */
const ROUNDS = 500_000;

/** As many bytes as the weights of AlexNet with ten classes. */
const READ_BYTES = 57 << 20;
const PAGE_BYTES = 65_536;

interface Loops {
  memory: WebAssembly.Memory;
  dotLoop(rounds: number, seed: number): number;
  readLoop(from: number, count: number): number;
}

export interface Peak {
  gmacs: number;
  /** GB/s of reading weights in order, each once. */
  gbytes: number;
}

/** A function that measures both once more and gives the best so far. Already warm. */
export async function openPeak(): Promise<() => Peak> {
  const { error, stderr } = await asc.main([
    'tools/bench/peak/dot-loop.ts',
    ...['--baseDir', root, '-o', FILE, '--enable', 'simd,relaxed-simd', '--runtime', 'stub'],
    ...['--use', 'abort=', '--disableWarning', '112', '-O3', '--noAssert'],
  ]);
  if (error) throw new Error(`tools/bench/peak/dot-loop.ts: ${error.message}\n${stderr.toString()}`);
  const module: WebAssembly.Module = Reflect.construct(WebAssembly.Module, [
    readFileSync(path.join(root, FILE)),
  ]);
  const loops = new WebAssembly.Instance(module, {}).exports as unknown as Loops;
  loops.memory.grow(READ_BYTES / PAGE_BYTES);
  new Uint8Array(loops.memory.buffer).fill(1);
  const peak: Peak = { gmacs: 0, gbytes: 0 };
  const measure = () => {
    const start = performance.now();
    loops.dotLoop(ROUNDS, 3);
    const middle = performance.now();
    for (let from = 0; from < READ_BYTES; from += READ_BYTES / 57) loops.readLoop(from, READ_BYTES / 57);
    const end = performance.now();
    peak.gmacs = Math.max(peak.gmacs, (ROUNDS * MACS_PER_ROUND) / (middle - start) / 1e6);
    peak.gbytes = Math.max(peak.gbytes, READ_BYTES / (end - middle) / 1e6);
    return peak;
  };
  for (let i = 0; i < 30; i++) measure();
  return measure;
}
