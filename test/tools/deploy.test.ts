// The deployment: the real dry run offline; every step and every refusal against a wrangler that says what it is told
// to; and the production environment that wrangler.toml keeps in comments, read by wrangler.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSettings, type Settings } from '../../tools/deploy/settings.ts';
import { type Deployment, deploy, MAX_BUNDLE_BYTES, provideModel } from '../../tools/deploy/steps.ts';
import type { Finished, Wrangler } from '../../tools/deploy/wrangler.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { type PackedFile, readPackedFile } from '../../weights/packed/file.ts';
import { packTinyModel } from '../support/tiny-model.ts';

const root = path.join(import.meta.dirname, '../..');
const run = promisify(execFile);
let folder: string;
let model: PackedFile;
let modelBytes: Uint8Array;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'deploy-test-'));
  modelBytes = await packTinyModel(root);
  writeFileSync(path.join(folder, 'tiny'), modelBytes);
  model = await readPackedFile(path.join(folder, 'tiny'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const OK: Finished = { status: 0, output: '' };

const JOBS = {
  queue: 'alexnet-edge-photos',
  deadLetters: 'alexnet-edge-photos-dead',
  photos: 'photos',
  results: 'photo-results',
};

/** Answers by the start of the command; all commands are noted. */
function scripted(answers: Record<string, Finished>, head?: Uint8Array, targets = ['https://x.workers.dev']) {
  const commands: string[] = [];
  const answer = (command: string): Finished => {
    commands.push(command);
    const [, found = OK] = Object.entries(answers).find(([start]) => command.startsWith(start)) ?? [];
    return found;
  };
  const wrangler: Wrangler = {
    async run(...args) {
      const outdir = args[args.indexOf('--outdir') + 1];
      if (args.includes('--dry-run') && outdir) {
        mkdirSync(outdir, { recursive: true });
        writeFileSync(path.join(outdir, 'index.js'), 'x'.repeat(1000));
      }
      return answer(args.join(' '));
    },
    objectHead: async () => head,
    deploy: async (...args) => ({ ...answer(['deploy', ...args].join(' ')), targets }),
  };
  return { commands, wrangler };
}

function deployment(wrangler: Wrangler, changes: Partial<Deployment> = {}) {
  const printed: string[] = [];
  const settings: Settings = {
    name: 'alexnet-edge',
    bucket: 'models',
    model: model.key,
    environment: ['--env', 'production'],
  };
  const given: Deployment = {
    dryRun: false,
    settings,
    wrangler,
    build: async () => undefined,
    model: async () => model,
    bundleFolder: path.join(folder, 'bundle'),
    fetch: async (input) => new Response(`asked ${String(input)}`),
    print: (line) => void printed.push(line),
    ...changes,
  };
  return { given, printed };
}

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(OperatorError);
  return (error as OperatorError).message;
}

// `npm run check` does the same.
test.runIf(process.env.LONG === '1')(
  'npm run deploy -- --dry-run: offline, each step printed, the bundle measured',
  async () => {
    const { stdout } = await run(process.execPath, ['tools/deploy/index.ts', '--dry-run'], { cwd: root });
    for (let step = 1; step <= 7; step++) expect(stdout).toContain(`\n${step}. `.trimStart());
    const bytes = Number(/bundle: (\d+) bytes/.exec(stdout)?.[1]);
    expect(bytes).toBeGreaterThan(300_000);
    expect(bytes).toBeLessThan(MAX_BUNDLE_BYTES);
    expect(stdout).toContain('dry run: steps 4 to 7 were not done');
  },
  60_000,
);

describe('steps', () => {
  test('a first deployment creates the bucket, uploads, deploys and loads the model', async () => {
    const missing = { status: 1, output: 'The specified bucket does not exist. [code: 10006]' };
    const { commands, wrangler } = scripted({ 'r2 bucket info': missing });
    const { given, printed } = deployment(wrangler);
    await deploy(given);
    expect(commands.map((command) => command.split(' --')[0])).toEqual([
      'whoami',
      'deploy',
      'r2 bucket info models',
      'r2 bucket create models',
      `r2 object put models/${model.key}`,
      'deploy',
    ]);
    expect(printed.at(-2)?.trim()).toBe('asked https://x.workers.dev/readyz?warm=1');
    expect(printed.at(-1)).toBe('deployed: https://x.workers.dev');
  });

  test('a model whose checksum is there is not uploaded again; a custom domain is asked', async () => {
    const targets = ['alexnet.example.com (custom domain)'];
    const { commands, wrangler } = scripted({}, modelBytes.slice(0, model.dataStart), targets);
    const { given, printed } = deployment(wrangler);
    await deploy(given);
    expect(commands.some((command) => command.includes('object put'))).toBe(false);
    expect(commands.some((command) => command.includes('bucket create'))).toBe(false);
    expect(printed.at(-1)).toBe('deployed: https://alexnet.example.com');
  });

  test('push --remote stores the model again; what has another header is replaced', async () => {
    const { commands, wrangler } = scripted({}, modelBytes.slice(0, model.dataStart));
    const { given } = deployment(wrangler);
    await provideModel(given, model, true);
    expect(commands).toEqual([`r2 object put models/${model.key} --file ${model.path} --remote`]);
    const other = { ...model, key: model.key.replace(/[0-9a-f]{12}\.safetensors$/, '0'.repeat(12)) };
    await provideModel(given, other, false);
    expect(commands).toHaveLength(2);
  });

  test('a dry run asks nothing of the account', async () => {
    const { commands, wrangler } = scripted({});
    await deploy(deployment(wrangler, { dryRun: true }).given);
    expect(commands.map((command) => command.split(' --')[0])).toEqual(['deploy']);
    expect(commands[0]).toContain('--dry-run');
  });

  const failures: [string, Record<string, Finished>, RegExp][] = [
    ['not logged in', { whoami: { status: 0, output: 'You are not authenticated.' } }, /npx wrangler login/],
    [
      'no token where nobody can log in',
      { 'r2 bucket info': { status: 1, output: 'set a CLOUDFLARE_API_TOKEN environment variable' } },
      /not logged in/,
    ],
    [
      'a token without rights',
      { 'r2 bucket info': { status: 1, output: 'Authentication error [code: 10000]' } },
      /Workers R2 Storage: Edit/,
    ],
    [
      'an account without R2',
      { 'r2 bucket info': { status: 1, output: 'Please enable R2 through the dashboard. [code: 10042]' } },
      /R2 is not enabled/,
    ],
    [
      'a bundle that does not build',
      { 'deploy --dry-run': { status: 1, output: 'Build failed: x' } },
      /Build failed: x/,
    ],
    ['an upload that fails', { 'r2 object put': { status: 1, output: 'boom' } }, /r2 object put.*found 1/],
    [
      'a refused deployment',
      { 'deploy --env': { status: 1, output: 'too large' } },
      /wrangler deploy.*found 1/,
    ],
  ];
  test.each(failures)('%s', async (_, answers, message) => {
    const { wrangler } = scripted(answers);
    expect(await messageOf(deploy(deployment(wrangler).given))).toMatch(message);
  });

  test('a bundle over the limit', async () => {
    const { wrangler } = scripted({});
    const large: Wrangler = {
      ...wrangler,
      async run(...args) {
        const finished = await wrangler.run(...args);
        if (args.includes('--dry-run'))
          writeFileSync(path.join(folder, 'bundle', 'big.wasm'), new Uint8Array(MAX_BUNDLE_BYTES));
        return finished;
      },
    };
    expect(await messageOf(deploy(deployment(large).given))).toMatch(/at most 3000000 bytes, found 3001000/);
  });

  test('an address that does not become ready', async () => {
    const { wrangler } = scripted({});
    const { given } = deployment(wrangler, { fetch: async () => new Response('cold', { status: 503 }) });
    expect(await messageOf(deploy(given))).toMatch(/expected status 200, found 503: cold/);
  });

  test('a file that is not the model of wrangler.toml', async () => {
    const { wrangler } = scripted({});
    const { given } = deployment(wrangler);
    const other = { ...given, settings: { ...given.settings, model: 'other-000000000000.safetensors' } };
    expect(await messageOf(deploy(other))).toMatch(/expected the model other-0/);
  });
});

describe('jobs', () => {
  const missing = { status: 1, output: 'Queue "alexnet-edge-photos" does not exist. [code: 11000]' };
  const withJobs = (given: Deployment, watch?: string): Deployment => ({
    ...given,
    settings: { ...given.settings, jobs: JOBS },
    ...(watch === undefined ? {} : { watch }),
  });

  test('buckets and queues are created, the dead letter queue first; the rule comes last', async () => {
    const { commands, wrangler } = scripted({ 'queues info': missing });
    const { given, printed } = deployment(wrangler);
    await deploy(withJobs(given, 'photos/in/'));
    expect(commands.filter((command) => /queues|notification|info photo/.test(command))).toEqual([
      'r2 bucket info photos',
      'r2 bucket info photo-results',
      'queues info alexnet-edge-photos-dead',
      'queues create alexnet-edge-photos-dead',
      'queues info alexnet-edge-photos',
      'queues create alexnet-edge-photos',
      'r2 bucket notification create photos --event-type object-create --queue alexnet-edge-photos --prefix in/',
    ]);
    expect(printed.some((line) => line.startsWith('8. watch: wrangler r2 bucket notification create'))).toBe(
      true,
    );
  });

  test('a rule that is there already is no failure; a dry run only prints it', async () => {
    const rule = { status: 1, output: 'A rule with this prefix already exists' };
    const there = scripted({ 'r2 bucket notification': rule });
    const { given, printed } = deployment(there.wrangler);
    await deploy(withJobs(given, 'photos'));
    expect(printed).toContain('   the rule is there');
    const dry = scripted({});
    const dryRun = deployment(dry.wrangler, { dryRun: true });
    await deploy(withJobs(dryRun.given, 'photos/'));
    expect(dry.commands.map((command) => command.split(' --')[0])).toEqual(['deploy']);
    expect(dryRun.printed.join()).toContain('notification create photos --event-type object-create --queue');
    expect(dryRun.printed.at(-1)).toBe('dry run: steps 4 to 9 were not done');
  });

  test('a bucket that is not PHOTOS, and no jobs at all', async () => {
    const { given } = deployment(scripted({}).wrangler);
    expect(await messageOf(deploy(withJobs(given, 'models/in')))).toMatch(
      /--watch: expected photos.*found "models/,
    );
    expect(await messageOf(deploy({ ...given, watch: 'photos' }))).toMatch(
      /--watch: expected the tables of jobs/,
    );
  });
});

describe('wrangler.toml', () => {
  const text = readFileSync(path.join(root, 'wrangler.toml'), 'utf8');
  const settingsOf = (toml: string): Settings => {
    const file = path.join(folder, 'wrangler.toml');
    writeFileSync(file, toml);
    return readSettings(file);
  };

  test('as it is', () => {
    expect(settingsOf(text)).toMatchObject({ name: 'alexnet-edge', bucket: 'models', environment: [] });
  });

  test('its production environment, uncommented, is deployable', async () => {
    const uncommented = text.replace(/^#(?=[[a-zA-Z])/gm, '');
    expect(settingsOf(uncommented).environment).toEqual(['--env', 'production']);
    const file = path.join(root, 'build/production.toml');
    writeFileSync(file, uncommented.replaceAll('"src/', '"../src/').replaceAll('"./src/', '"../src/'));
    const args = ['node_modules/wrangler/bin/wrangler.js', 'deploy', '--dry-run', '--config', file];
    const { stdout } = await run(process.execPath, [...args, '--env', 'production', '--outdir', folder], {
      cwd: root,
      env: { ...process.env, NO_COLOR: '1', WRANGLER_SEND_METRICS: 'false' },
    });
    for (const binding of [
      'MODELS',
      'MODEL ',
      'RATE_LIMITER',
      'ANALYTICS',
      'IMAGES',
      'PHOTOS',
      'RESULTS',
      'QUEUE',
      'JOBS',
    ])
      expect(stdout).toContain(`env.${binding}`);
  }, 60_000);

  const wrong: [string, string, string, RegExp][] = [
    ['a name with capitals', 'name = "alexnet-edge"', 'name = "AlexNet"', /name/],
    [
      'a bucket name',
      'bucket_name = "models"',
      'bucket_name = "My_Models"',
      /bucket_name="My_Models" is invalid/,
    ],
    ['no bucket', 'binding = "MODELS"', 'binding = "OTHER"', /r2_buckets: expected one/],
    ['a model key', /MODEL = ".*"/.exec(text)?.[0] ?? '', 'MODEL = "alexnet"', /MODEL: expected <name>/],
    ['a limit', '# MAX_FILES = "16"', 'MAX_FILES = "many"', /MAX_FILES: expected a positive/],
  ];
  test.each(wrong)('%s', (_, from, to, message) => {
    expect(text).toContain(from);
    expect(() => settingsOf(text.replace(from, to))).toThrow(message);
  });

  test('jobs: all of their tables, and that they fit together', () => {
    const uncommented = text.replace(/^#(?=[[a-zA-Z])/gm, '');
    expect(settingsOf(uncommented).jobs).toEqual(JOBS);
    expect(settingsOf(text).jobs).toBeUndefined();
    for (const [from, to, message] of [
      ['binding = "RESULTS"', 'binding = "OTHER"', /jobs: expected PHOTOS and RESULTS .* found only some/],
      [
        'dead_letter_queue = "alexnet-edge-photos-dead"',
        '',
        /dead_letter_queue = "alexnet-edge-photos-dead", found none/,
      ],
      ['max_retries = 10\n', 'max_retries = 6\n', /max_retries over 6, found 6/],
      ['new_sqlite_classes', 'new_classes', /new_sqlite_classes = \["Job"\]/],
      ['class_name = "Job"', 'class_name = "Jobs"', /class_name = "Job", found Jobs/],
    ] as const) {
      expect(uncommented).toContain(from);
      expect(() => settingsOf(uncommented.replace(from, to))).toThrow(message);
    }
  });

  test.each(['https://a.example', '*.example.com', '127.0.0.1', 'localhost', 'a.example/x', 'a.example:x'])(
    'URL_HOSTS: %s',
    (host) => {
      const listing = (hosts: string) => text.replace(/^# URL_HOSTS = ""/m, `URL_HOSTS = "${hosts}"`);
      expect(settingsOf(listing('a.example, Images.Example.com:8443')).name).toBe('alexnet-edge');
      expect(() => settingsOf(listing(`a.example,${host}`))).toThrow(/URL_HOSTS: expected names of hosts/);
    },
  );

  test('a rate that differs from what the binding has', () => {
    const uncommented = text.replace(/^#(?=[[a-zA-Z])/gm, '');
    expect(() =>
      settingsOf(uncommented.replace('RATE_LIMIT = "60"\nRATE', 'RATE_LIMIT = "99"\nRATE')),
    ).toThrow(/RATE_LIMIT: expected 60 as in ratelimits, found 99/);
  });
});
