// The same bench in a Node, and with a workerd, whose V8 has an instruction taken away.
import { spawn } from 'node:child_process';

/** Starts this very command again under the flag; returns its exit status. */
export function runWithout(flag: string): Promise<number> {
  const [script = '', ...rest] = process.argv.slice(1);
  const child = spawn(process.execPath, [...process.execArgv, flag, script, ...rest], {
    stdio: 'inherit',
    // Miniflare hands them to its workerd.
    env: { ...process.env, MINIFLARE_WORKERD_V8_FLAGS: flag },
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
