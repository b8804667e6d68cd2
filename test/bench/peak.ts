// The measured peak: multiply-adds per second of a loop that does nothing else (peak/dot-loop.ts, compiled here).
import { readFileSync } from 'node:fs';
import path from 'node:path';
import asc from 'assemblyscript/asc';

const root = path.join(import.meta.dirname, '../..');
const FILE = 'build/bench-dot-loop.wasm';
const MACS_PER_ROUND = 12 * 16;
/** About a millisecond, so that the calls are optimised soon. */
const ROUNDS = 500_000;

/** A function that measures once: GMAC/s. Already warm. */
export async function openPeak(): Promise<() => number> {
  const { error, stderr } = await asc.main([
    'test/bench/peak/dot-loop.ts',
    ...['--baseDir', root, '-o', FILE, '--enable', 'simd,relaxed-simd', '--runtime', 'stub'],
    ...['--use', 'abort=', '--disableWarning', '112', '-O3', '--noAssert'],
  ]);
  if (error) throw new Error(`test/bench/peak/dot-loop.ts: ${error.message}\n${stderr.toString()}`);
  const module: WebAssembly.Module = Reflect.construct(WebAssembly.Module, [
    readFileSync(path.join(root, FILE)),
  ]);
  const { dotLoop } = new WebAssembly.Instance(module, {}).exports as unknown as {
    dotLoop(rounds: number, seed: number): number;
  };
  const measure = () => {
    const start = performance.now();
    dotLoop(ROUNDS, 3);
    return (ROUNDS * MACS_PER_ROUND) / (performance.now() - start) / 1e6;
  };
  for (let i = 0; i < 30; i++) measure();
  return measure;
}
