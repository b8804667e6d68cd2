// `npm start`: everything that a clone needs before it serves, then `wrangler dev`. Builds the kernels, unpacks the
// default model into the local bucket unless it is there, and starts the Worker on PORT (8787). Needs no network.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { build } from '../assembly/build.ts';
import { OperatorError } from '../weights/operator-error.ts';
import { compressedModelKey, DEFAULT_MODEL_PATH, unpackModel } from '../weights/packed/brotli.ts';
import { putLocal, withLocalBucket, wranglerArguments } from './bucket.ts';
import { readConfig } from './config.ts';
import { withProgress } from './progress.ts';

const DEFAULT_PORT = 8787;

function readPort(): number {
  const text = process.env.PORT ?? String(DEFAULT_PORT);
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new OperatorError(`PORT: expected a number of 1 to 65535, found "${text}"`);
  return port;
}

/** Throws OperatorError when something else listens there already. */
async function requireFree(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new OperatorError(
          error.code === 'EADDRINUSE'
            ? `port ${port} is taken: choose another one, such as PORT=${port + 1} npm start`
            : `port ${port} cannot be used (${error.code}): choose another one with PORT=`,
        ),
      ),
    );
    server.listen(port, 'localhost', () => server.close(() => resolve()));
  });
}

/** Leaves the current model in the local bucket. Throws OperatorError when it is not the default one and not there. */
async function provideModel(): Promise<void> {
  const { model } = await readConfig();
  await withLocalBucket(async (bucket) => {
    if (await bucket.head(model)) return;
    const packaged = await compressedModelKey(DEFAULT_MODEL_PATH);
    if (model !== packaged)
      throw new OperatorError(
        `MODEL: expected ${model} in the local bucket, found none: npm run weights -- push build/${model}, ` +
          `or set MODEL = "${packaged}" in wrangler.toml`,
      );
    const packed = await withProgress('unpacking the default model', (update) =>
      unpackModel(DEFAULT_MODEL_PATH, `build/${packaged}`, update),
    );
    await withProgress('storing it in the local bucket   ', (update) => putLocal(bucket, packed, update));
  });
}

/** Runs `wrangler dev` until it ends; resolves to its exit status. */
function serve(port: number): Promise<number> {
  const child = spawn(process.execPath, wranglerArguments('dev', '--port', String(port)), {
    stdio: 'inherit',
    // Both would ask the network; in a .env file they would leak into the Worker.
    env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: 'false', WRANGLER_SEND_METRICS: 'false' },
  });
  // A terminal sends Ctrl-C to wrangler as well; a second signal would cut its clean end short.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 0)));
}

try {
  const port = readPort();
  await requireFree(port);
  await build(process.env.KERNELS ?? 'relaxed', false);
  await provideModel();
  process.exitCode = await serve(port);
} catch (error) {
  if (!(error instanceof OperatorError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
