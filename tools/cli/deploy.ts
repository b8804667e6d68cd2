// `deploy [FOLDER]`: writes a Worker that is bundled already, with its page and its wrangler.toml, and has wrangler
// create the bucket, store the model and deploy. The folder is the user's afterwards: settings are edited there.
import { spawn } from 'node:child_process';
import { access, copyFile, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { OperatorError } from '../../weights/operator-error.ts';
import { resolveInstalled } from './installed.ts';
import { modelOf } from './model.ts';

export interface DeployCommand {
  model?: string;
  dryRun?: boolean;
}

const WORKER = path.join(import.meta.dirname, '../../worker');
const HOSTED = path.join(import.meta.dirname, '../../self-host');
const BUCKET = 'models';
/** A bucket that is there already. */
const EXISTS = /already exists|\[code: 10004\]/i;

function settings(compatibilityDate: string, model: string): string {
  return `# Written by \`alexnet-edge deploy\`; yours to edit. Every variable and binding: docs/API.md of the repository.
name = "alexnet-edge"
main = "worker/index.js"
compatibility_date = "${compatibilityDate}"
no_bundle = true
find_additional_modules = true

[vars]
MODEL = "${model}"

[[r2_buckets]]
binding = "MODELS"
bucket_name = "${BUCKET}"

[assets]
directory = "page"
binding = "ASSETS"
run_worker_first = ["/"]

[observability]
enabled = true

[[rules]]
type = "CompiledWasm"
globs = ["**/*.wasm"]
`;
}

async function run(command: string[], folder: string): Promise<{ status: number; output: string }> {
  const child = spawn(process.execPath, command, {
    cwd: folder,
    stdio: ['inherit', 'pipe', 'pipe'],
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (piece: Buffer) => {
      output += piece;
      process.stdout.write(piece);
    });
  const status = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)));
  return { status, output };
}

/** Throws OperatorError at the first step that fails. */
export async function deployFolder(folder: string, { model, dryRun = false }: DeployCommand): Promise<void> {
  const packed = await modelOf(model);
  const wrangler = dryRun ? undefined : resolveInstalled('wrangler', 'deploy');
  await mkdir(path.join(folder, 'worker'), { recursive: true });
  await copyFile(path.join(WORKER, 'index.js'), path.join(folder, 'worker/index.js'));
  for (const name of (await readdir(HOSTED)).filter((each) => each.endsWith('.wasm')))
    await copyFile(path.join(HOSTED, name), path.join(folder, 'worker', name));
  await cp(path.join(HOSTED, 'page'), path.join(folder, 'page'), { recursive: true });
  const config = path.join(folder, 'wrangler.toml');
  const kept = await access(config).then(
    () => true,
    () => false,
  );
  if (!kept) {
    const hosted = await readFile(path.join(HOSTED, 'worker.capnp'), 'utf8');
    await writeFile(config, settings(/compatibilityDate = "([^"]+)"/.exec(hosted)?.[1] ?? '', packed.key));
  }
  console.log(`${config}: ${kept ? 'kept as it is' : 'written'}`);
  const steps = [
    ['r2', 'bucket', 'create', BUCKET],
    ['r2', 'object', 'put', `${BUCKET}/${packed.key}`, '--file', path.resolve(packed.path), '--remote'],
    ['deploy'],
  ];
  for (const step of steps) {
    console.log(`${dryRun ? 'would run' : 'running'}: wrangler ${step.join(' ')}`);
    if (wrangler === undefined) continue;
    const { status, output } = await run(
      [path.join(path.dirname(wrangler), '../bin/wrangler.js'), ...step],
      folder,
    );
    if (status !== 0 && !EXISTS.test(output))
      throw new OperatorError(`wrangler ${step[0]}: expected exit status 0, found ${status}: see above`);
  }
}
