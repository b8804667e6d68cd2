// `npm start`: everything that a clone needs before it serves, then `wrangler dev`. Builds the kernels, leaves the model in
// the local bucket (chosen-model.ts) and starts the Worker on PORT (8787). Needs no network for the default model.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { Command, Option } from 'commander';
import { build } from '../assembly/build.ts';
import { OperatorError } from '../weights/operator-error.ts';
import { PUBLISHED } from '../weights/published.ts';
import { wranglerArguments } from './bucket.ts';
import { provideModel } from './chosen-model.ts';
import { buildPage } from './page/build.ts';

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

/** Whether the files that wrangler reads variables from have tokens of one's own. */
function hasOwnWriters(): boolean {
  return ['.dev.vars', '.env'].some((name) => {
    const file = path.join(import.meta.dirname, '..', name);
    return existsSync(file) && /^\s*(export\s+)?WRITE_TOKENS\s*=/m.test(readFileSync(file, 'utf8'));
  });
}

/** Runs `wrangler dev` until it ends; resolves to its exit status. A model that was chosen goes before wrangler.toml's. */
function serve(port: number, model: string | undefined): Promise<number> {
  const variables = model === undefined ? [] : ['--var', `MODEL:${model}`];
  // Whoever has tokens of his own in .dev.vars keeps them.
  if (!hasOwnWriters()) variables.push('--var', 'WRITE_TOKENS:*');
  const child = spawn(process.execPath, wranglerArguments('dev', '--port', String(port), ...variables), {
    stdio: 'inherit',
    // Both would ask the network; in a .env file they would leak into the Worker.
    env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: 'false', WRANGLER_SEND_METRICS: 'false' },
  });
  // A terminal sends Ctrl-C to wrangler as well; a second signal would cut its clean end short.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 0)));
}

const command = new Command('npm start --')
  .description('build the kernels, store the model in the local bucket and serve at http://localhost:8787')
  .addOption(
    new Option(
      '--model <name|file>',
      `a published model (${PUBLISHED.map(({ name }) => name).join(', ')}), "default", a packed file, or a file of ` +
        'float weights; without it: MODEL of wrangler.toml',
    ),
  )
  .addHelpText(
    'after',
    '\nEnvironment: PORT, another port. Examples:\n  npm start\n  npm start -- --model alexnet        the 1000 classes ' +
      'of ImageNet, 8.9 MB to download\n  npm start -- --model my.onnx\n  PORT=9000 npm start',
  )
  .parse();

try {
  const { model: chosen } = command.opts<{ model?: string }>();
  const port = readPort();
  await requireFree(port);
  await build(process.env.KERNELS ?? 'relaxed', false);
  await buildPage();
  const model = await provideModel(chosen);
  process.exitCode = await serve(port, chosen === undefined ? undefined : model);
} catch (error) {
  if (!(error instanceof OperatorError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
