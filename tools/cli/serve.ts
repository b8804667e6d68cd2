// `serve`: the self-hosted Worker of docs/OPERATIONS.md from the package's own folder, under workerd.
import { spawn } from 'node:child_process';
import { copyFile, link, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { decodeHead } from '../../src/heads/file.ts';
import {
  encodePointer,
  headVersion,
  pointerKey,
  versionKey,
  withVersion,
} from '../../src/heads/published.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { resolveInstalled } from './installed.ts';
import { modelOf } from './model.ts';

export interface ServeCommand {
  model?: string;
  port: number;
  host: string;
  head?: string[];
}

const WORKER = path.join(import.meta.dirname, '../../self-host');
/** Requests in flight have this long, ms; then idle connections are cut. */
const STOP_MS = 4_000;

/** Throws OperatorError when nobody may listen there, or somebody does. */
async function requireFree(host: string, port: number): Promise<void> {
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new OperatorError(`--port: expected a number of 1 to 65535, found ${port}`);
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) =>
      reject(
        new OperatorError(
          code === 'EADDRINUSE'
            ? `port ${port} is taken: choose another one, such as --port ${port + 1}`
            : `${host}:${port} cannot be used (${code}): choose another --host or --port`,
        ),
      ),
    );
    server.listen(port, host, () => server.close(() => resolve()));
  });
}

/** A folder that is the Worker's bucket and its settings. */
async function makeFolder({ model, head = [] }: ServeCommand): Promise<string> {
  const packed = await modelOf(model);
  const folder = await mkdtemp(path.join(tmpdir(), 'alexnet-edge-'));
  const bucket = path.join(folder, 'models');
  await mkdir(bucket);
  await mkdir(path.join(folder, 'settings'));
  await mkdir(path.join(folder, 'objects'));
  await writeFile(path.join(folder, 'settings/MODEL'), packed.key);
  const stored = path.join(bucket, packed.key);
  await link(packed.path, stored).catch(() => copyFile(packed.path, stored));
  for (const file of head) {
    const bytes = new Uint8Array(await readFile(file));
    const { head: read, sha256 } = await decodeHead(bytes);
    const { name } = read.facts;
    const version = headVersion(sha256);
    await mkdir(path.join(bucket, 'heads', name), { recursive: true });
    await writeFile(path.join(bucket, versionKey(name, version)), bytes);
    await writeFile(path.join(bucket, pointerKey(name)), encodePointer(withVersion(undefined, version)));
  }
  return folder;
}

export async function serve(command: ServeCommand): Promise<void> {
  const { host, port } = command;
  const { default: workerd } = (await import(pathToFileURL(resolveInstalled('workerd', 'serve')).href)) as {
    default: string | { default: string };
  };
  await requireFree(host, port);
  const folder = await makeFolder(command);
  const child = spawn(
    typeof workerd === 'string' ? workerd : workerd.default,
    [
      'serve',
      path.join(WORKER, 'worker.capnp'),
      '--socket-addr',
      `http=${host}:${port}`,
      '--directory-path',
      `models=${path.join(folder, 'models')}`,
      '--directory-path',
      `objects=${path.join(folder, 'objects')}`,
      '--directory-path',
      `settings=${path.join(folder, 'settings')}`,
    ],
    // The paths of page and modules are those of the configuration's folder.
    { cwd: WORKER, stdio: 'inherit', detached: true },
  );
  console.log(`http://${host}:${port}/ (page), /docs (API); Ctrl-C ends it`);
  const stop = () => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), STOP_MS).unref();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    await new Promise((resolve) => child.once('exit', resolve));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
