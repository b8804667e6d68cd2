// Running a self-hosted Worker: counters that Prometheus reads, tokens and models that change under traffic, a stop that
// loses nothing, and the files of tools/self-host/operation as independent parsers understand them.
import { spawn } from 'node:child_process';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parser as promql } from '@prometheus-io/lezer-promql';
import { validate } from 'dockerfile-utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { Metrics } from '../../tools/self-host/worker/metrics.ts';
import { type PlainWorker, selfHostFolder, startPlainWorker } from '../../tools/workers/plain-worker.ts';
import { readPackedFile } from '../../weights/packed/file.ts';
import { packTinyModel } from '../support/tiny-model.ts';

const root = path.join(import.meta.dirname, '../..');
const operation = path.join(root, 'tools/self-host/operation');
const textOf = (name: string) => readFile(path.join(operation, name), 'utf8');

interface Sample {
  value?: string;
  labels?: Record<string, string>;
}
interface Family {
  name: string;
  type: string;
  help: string;
  metrics: Sample[];
}
/** The package has no types. It folds all series of a histogram into one, so those are read as three gauges, too. */
const parsed = createRequire(import.meta.url)('parse-prometheus-text-format') as (text: string) => Family[];
function parseMetrics(text: string): Family[] {
  const parts = ['bucket', 'sum', 'count'].flatMap((part) => {
    const name = `alexnet_edge_request_seconds_${part}`;
    const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`));
    return parsed([`# TYPE ${name} gauge`, ...lines, ''].join('\n'));
  });
  return [...parsed(text), ...parts];
}

/** The value of the one sample with these labels. */
function sampleOf(families: Family[], name: string, labels: Record<string, string> = {}): number {
  const found = families
    .find((family) => family.name === `alexnet_edge_${name}`)
    ?.metrics.filter((sample) =>
      Object.entries(labels).every(([label, value]) => sample.labels?.[label] === value),
    );
  expect(found, name).toHaveLength(1);
  return Number(found?.[0]?.value);
}

let folder: string;
let worker: PlainWorker;
let jpeg: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  folder = await selfHostFolder('self-host-operation');
  worker = await startPlainWorker(folder);
  jpeg = new Uint8Array(await photograph(320, 240).jpeg().toBuffer());
});
afterAll(() => worker.stop());

async function set(name: string, value: string): Promise<void> {
  const file = path.join(folder, 'settings', name);
  await writeFile(`${file}.new`, value);
  await rename(`${file}.new`, file);
}

const classify = (headers: Record<string, string> = {}) =>
  fetch(new URL('/v1/classify', worker.url), { method: 'POST', body: jpeg, headers });
const metricsAnswer = (token?: string) =>
  fetch(new URL('/metrics', worker.url), token ? { headers: { authorization: `Bearer ${token}` } } : {});

/** Asks until the answer is the expected one; settings are read every two seconds. */
async function until<T>(ask: () => Promise<T>, fits: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask();
    if (fits(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe('metrics', () => {
  test('are not there without tokens, refused without one, and count what was done', async () => {
    expect((await metricsAnswer()).status).toBe(404);
    await set('METRICS_TOKENS', 'one, two');
    await until(metricsAnswer, ({ status }) => status === 401);
    expect((await metricsAnswer('three')).status).toBe(401);
    for (let i = 0; i < 3; i++) expect((await classify()).status).toBe(200);
    const refused = await fetch(new URL('/v1/classify', worker.url), { method: 'POST', body: 'no picture' });
    expect(refused.status).toBe(415);
    const answer = await metricsAnswer('two');
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await answer.text();
    expect(text).toContain('# TYPE alexnet_edge_request_seconds histogram');
    const families = parseMetrics(text);
    const route = '/v1/classify';
    expect(sampleOf(families, 'requests_total', { route, status: '200' })).toBe(3);
    expect(sampleOf(families, 'requests_total', { route, status: '415' })).toBe(1);
    expect(sampleOf(families, 'request_seconds_count', { route, part: 'total' })).toBe(4);
    expect(sampleOf(families, 'request_seconds_bucket', { route, part: 'total', le: '+Inf' })).toBe(4);
    expect(sampleOf(families, 'engine_memory_bytes')).toBeGreaterThan(30e6);
    expect(sampleOf(families, 'model_loaded')).toBe(1);
    expect(sampleOf(families, 'model_reads_total')).toBe(1);
    expect(sampleOf(families, 'requests_waiting')).toBe(0);
  });

  test('histograms are cumulative, labels are escaped, methods are bounded', () => {
    const metrics = new Metrics();
    const ms = [1, 5, 6, 49, 50, 51, 999, 20_000];
    for (const each of ms)
      metrics.writeDataPoint({
        blobs: ['BREW', 'a"b\\c\nd', '200', 'jpeg', 'm', 'warm', 'off'],
        doubles: [10, 1, 1, 0, 2, each],
      });
    const text = metrics.text({
      requestsInProgress: 0,
      requestsWaiting: 0,
      requestMemoryBytes: 0,
      engineMemoryBytes: 0,
      headCacheBytes: 0,
      modelLoaded: false,
      modelReads: 0,
      model: '',
    });
    const families = parseMetrics(text);
    expect(sampleOf(families, 'requests_total', { method: 'other', status: '200' })).toBe(ms.length);
    expect(text).toContain('route="a\\"b\\\\c\\nd"');
    for (const le of ['0.005', '0.05', '0.1', '1', '10', '+Inf']) {
      const most = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le) * 1000;
      const expected = ms.filter((each) => each <= most).length;
      expect(sampleOf(families, 'request_seconds_bucket', { part: 'total', le })).toBe(expected);
    }
    const sum = ms.reduce((all, each) => all + each, 0) / 1000;
    expect(sampleOf(families, 'request_seconds_sum', { part: 'total' })).toBeCloseTo(sum, 9);
  });
});

test('tokens and models change under traffic, without a restart', async () => {
  const pid = worker.pid;
  await set('API_TOKENS', 'old');
  await until(classify, ({ status }) => status === 401);
  await set('API_TOKENS', 'old,new');
  await until(
    () => classify({ authorization: 'Bearer new' }),
    ({ status }) => status === 200,
  );
  await rm(path.join(folder, 'settings/API_TOKENS'));
  const before = (await (await until(classify, ({ status }) => status === 200)).json()) as Answer;
  const file = path.join(folder, 'models/next.safetensors');
  await writeFile(file, await packTinyModel(root));
  const { info } = await readPackedFile(file);
  // A model that is not there changes nothing.
  await set('MODEL', 'nothing.safetensors');
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(((await (await classify()).json()) as Answer).model.sha256).toBe(before.model.sha256);
  await set('MODEL', 'next.safetensors');
  const seen = new Set<string>();
  const last = await until(
    async () => {
      const response = await classify();
      expect(response.status).toBe(200);
      const answer = (await response.json()) as Answer;
      seen.add(answer.model.sha256);
      return answer;
    },
    ({ model }) => model.sha256 === info.sha256,
  );
  expect(last.model.name).toBe('tiny');
  expect([...seen].sort()).toEqual([...new Set([...seen, info.sha256])].sort());
  expect([before.model.sha256, info.sha256]).toEqual(expect.arrayContaining([...seen]));
  expect([worker.pid, worker.ended]).toEqual([pid, undefined]);
});

interface Answer {
  model: { name: string; sha256: string };
}

test('SIGTERM: a request in flight is answered, then the process ends by itself', async () => {
  const stopping = await startPlainWorker(await selfHostFolder('self-host-stop'));
  expect((await fetch(new URL('/readyz?warm=1', stopping.url))).status).toBe(200);
  let begun = () => {};
  const halfway = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const half = jpeg.length >> 1;
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(jpeg.subarray(0, half));
      await halfway;
      controller.enqueue(jpeg.subarray(half));
      controller.close();
    },
  });
  const answer = fetch(new URL('/v1/classify', stopping.url), {
    method: 'POST',
    body,
    duplex: 'half',
    headers: { connection: 'close' },
  } as RequestInit);
  await new Promise((resolve) => setTimeout(resolve, 300));
  process.kill(stopping.pid, 'SIGTERM');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(stopping.ended).toBeUndefined();
  begun();
  expect((await answer).status).toBe(200);
  // Idle connections of this process's own client would hold it: the unit and the container cut those after 5 s.
  await stopping.stop();
});

describe('files', () => {
  test('the Dockerfile: its linter, the rules of hadolint that concern it, and the runtime that is tested', async () => {
    const text = await textOf('Dockerfile');
    expect(validate(text)).toEqual([]);
    const { devDependencies } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
    expect(/^ARG WORKERD=(.*)$/m.exec(text)?.[1]).toBe(devDependencies.workerd);
    const lines = text.split('\n');
    const all = (word: string) => lines.filter((line) => line.startsWith(`${word} `));
    // DL3006, DL3007: a tag, and not the newest.
    for (const from of all('FROM')) expect(from).toMatch(/^FROM [a-z/]+:(?!latest)[\w.-]+/);
    // DL3000, DL3002, DL3016, DL3020, DL3025, DL4000.
    for (const folder of all('WORKDIR')) expect(folder).toMatch(/^WORKDIR \//);
    expect(all('USER').at(-1)).toMatch(/^USER (?!0|root)/);
    expect(text).toMatch(/npm install [^\n]*"workerd@\$\{WORKERD\}"/);
    for (const word of ['ADD', 'MAINTAINER']) expect(all(word)).toEqual([]);
    expect(all('ENTRYPOINT')[0]).toMatch(/^ENTRYPOINT \[/);
    expect(all('HEALTHCHECK')).toHaveLength(1);
  });

  test("the container's health check tells a Worker that answers from one that does not", async () => {
    const [, words = '[]'] = /HEALTHCHECK .* CMD (\[.*\])/.exec(await textOf('Dockerfile')) ?? [];
    const [, , script = ''] = JSON.parse(words) as string[];
    const check = async (port: string) => {
      const child = spawn('bash', ['-c', script.replace('8787', port)], { stdio: 'ignore' });
      return new Promise((resolve) => child.once('exit', resolve));
    };
    expect(await check(worker.url.port)).toBe(0);
    expect(await check('1')).not.toBe(0);
  });

  test('compose file, unit and proxy agree on address, memory and the time of a stop', async () => {
    const compose = parseYaml(await textOf('compose.yaml')) as {
      services: Record<string, Record<string, unknown>>;
    };
    expect(compose.services.worker).toMatchObject({
      read_only: true,
      stop_grace_period: '5s',
      cap_drop: ['ALL'],
      deploy: { resources: { limits: { memory: '512m' } } },
    });
    const unit = await textOf('alexnet-edge@.service');
    for (const line of ['TimeoutStopSec=5', 'MemoryMax=512M', 'DynamicUser=yes'])
      expect(unit.split('\n')).toContain(line);
    const proxy = await textOf('Caddyfile');
    expect(proxy).toContain('dynamic a worker 8787');
    expect(proxy).toContain('header_up CF-Connecting-IP {remote_host}');
  });

  test('alerts and dashboard ask for what /metrics has, in expressions that parse', async () => {
    await set('METRICS_TOKENS', 'one, two');
    const answer = await until(
      () => metricsAnswer('one'),
      ({ status }) => status === 200,
    );
    const known = new Set(parsed(await answer.text()).map(({ name }) => name));
    const alerts = JSON.parse(await textOf('alerts.json')) as { groups: { rules: { expr: string }[] }[] };
    const dashboard = JSON.parse(await textOf('dashboard.json')) as {
      panels: { targets: { expr: string }[] }[];
    };
    const expressions = [
      ...alerts.groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
      ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ].map((expr) => expr.replaceAll('$__rate_interval', '5m'));
    expect(expressions.length).toBeGreaterThan(15);
    for (const expr of expressions) {
      const faults: string[] = [];
      promql.parse(expr).iterate({
        enter: ({ type, from, to }) => {
          if (type.isError) faults.push(expr.slice(from, to) || `at ${from}`);
        },
      });
      expect(faults, expr).toEqual([]);
      for (const [name] of expr.matchAll(/alexnet_edge_\w+/g))
        expect([...known], expr).toContain(name.replace(/_(bucket|sum|count)$/, ''));
    }
  });
});
