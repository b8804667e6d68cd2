// The self-hosted Worker: plain workerd over the folder that `npm run self-host` makes, with nothing simulated around
// it. For tests of self-hosting, and for the load test, since its process holds the isolate and little else.
import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { makeSelfHostFolder } from '../self-host/folder.ts';
import { defaultModelFile } from './local-worker.ts';

/** The binary; the package has no types, and Node and Vitest disagree on what its default export is. */
const { default: workerd } = createRequire(import.meta.url)('workerd') as { default: string };
const build = path.join(import.meta.dirname, '../../build');

export interface PlainWorker {
  url: URL;
  /** Of the inspector protocol. */
  inspector: URL;
  pid: number;
  /** What it wrote to standard output and error. */
  log: string[];
  /** How the process ended: its exit code or signal; undefined while it runs. */
  readonly ended: string | undefined;
  stop(): Promise<void>;
}

/** A folder under build/ with the bundle of the test's setup and a model, or the default one. */
export async function selfHostFolder(name: string, model?: string): Promise<string> {
  const folder = path.join(build, name);
  await rm(folder, { recursive: true, force: true });
  await makeSelfHostFolder(folder, path.join(build, 'bundle'), model ?? (await defaultModelFile()).file);
  return folder;
}

/** Starts workerd on free ports. */
export async function startPlainWorker(folder: string): Promise<PlainWorker> {
  const args = [
    'serve',
    'worker.capnp',
    '--socket-addr',
    'http=127.0.0.1:0',
    '-i127.0.0.1:0',
    '--control-fd=3',
  ];
  const child = spawn(workerd, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  const log: string[] = [];
  for (const output of [child.stdout, child.stderr])
    if (output) createInterface(output).on('line', (line) => log.push(line));
  let how: string | undefined;
  const ended = new Promise<void>((resolve) =>
    child.once('exit', (code, signal) => {
      how = signal ?? String(code);
      resolve();
    }),
  );
  const ports = new Map<string, number>();
  const listening = new Promise<void>((resolve, reject) => {
    void ended.then(() => reject(new Error(`workerd ended: ${log.join('\n')}`)));
    createInterface(child.stdio[3] as Readable).on('line', (line) => {
      const { event, socket, port } = JSON.parse(line) as { event: string; socket?: string; port: number };
      ports.set(socket ?? event, port);
      if (ports.has('http') && ports.has('listen-inspector')) resolve();
    });
  });
  await listening;
  return {
    url: new URL(`http://127.0.0.1:${ports.get('http')}`),
    inspector: new URL(`ws://127.0.0.1:${ports.get('listen-inspector')}/main`),
    pid: child.pid ?? 0,
    log,
    get ended() {
      return how;
    },
    async stop() {
      // A polite end would wait for the clients' idle connections.
      child.kill('SIGKILL');
      await ended;
    },
  };
}
