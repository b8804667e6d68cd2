// Runs the command line in a process of its own and reports the most memory that it had. Linux's VmHWM belongs to the
// program alone; getrusage, which stands in elsewhere, counts the memory of the process that started it too.
import { spawnSync } from 'node:child_process';

const REPORT = `
import { existsSync, readFileSync } from 'node:fs';
process.on('exit', () => {
  const status = '/proc/self/status';
  const own = existsSync(status) && /VmHWM:.*/.exec(readFileSync(status, 'utf8'))?.[0];
  console.log(own || 'VmHWM: ' + process.resourceUsage().maxRSS + ' kB');
});`;

export interface Run {
  status: number | null;
  stderr: string;
  seconds: number;
  megabytes: number;
}

/** `npm run weights -- ...args`. */
export function runCommand(...args: string[]): Run {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(REPORT)}`, 'weights/cli/index.ts', ...args],
    { encoding: 'utf8' },
  );
  const seconds = (performance.now() - started) / 1000;
  return { status, stderr, seconds, megabytes: Number(/VmHWM:\s*(\d+) kB/.exec(stdout)?.[1]) / 1000 };
}
