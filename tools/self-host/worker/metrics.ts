// What a self-hosted Worker counts, in Prometheus' text form, version 0.0.4 (the only one that every scraper reads). It
// stands where Analytics Engine stands at Cloudflare, so each request's data point is what is counted. By hand: the
// usual library (prom-client) reads Node's process, cluster and event loop, which workerd does not have.
//
// Source: Prometheus, "Exposition formats". Label values are of a bounded set: routes are patterns, never addresses.

const PREFIX = 'alexnet_edge_';
/** Others are `other`: a client may send any word. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'RPC'];
/** Upper bounds of histograms, seconds. */
const BOUNDS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

interface Histogram {
  /** Observations up to each bound, not cumulative, and beyond the last. */
  counts: number[];
  sum: number;
}

/** What is read when it is asked for. */
export interface Gauges {
  requestsInProgress: number;
  requestsWaiting: number;
  requestMemoryBytes: number;
  engineMemoryBytes: number;
  headCacheBytes: number;
  modelLoaded: boolean;
  modelReads: number;
  /** Its key. */
  model: string;
}

type Labels = Record<string, string>;

function labelText(labels: Labels): string {
  const escaped = (text: string) =>
    text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

/** Lines of one family. */
function family(name: string, type: string, help: string, samples: readonly string[]): string {
  return `# HELP ${PREFIX}${name} ${help}\n# TYPE ${PREFIX}${name} ${type}\n${samples.join('\n')}\n`;
}

function sample(name: string, labels: Labels, value: number): string {
  return `${PREFIX}${name}${labelText(labels)} ${value}`;
}

function histogramSamples(name: string, labels: Labels, { counts, sum }: Histogram): string[] {
  let total = 0;
  const buckets = [...BOUNDS.map(String), '+Inf'].map((le, i) => {
    total += counts[i] ?? 0;
    return sample(`${name}_bucket`, { ...labels, le }, total);
  });
  return [...buckets, sample(`${name}_sum`, labels, sum), sample(`${name}_count`, labels, total)];
}

export class Metrics {
  /** By the JSON of their labels. */
  readonly #requests = new Map<string, number>();
  readonly #seconds = new Map<string, Histogram>();
  readonly #bytes = new Map<string, number>();
  readonly #starts = new Map<string, number>();
  readonly #cache = new Map<string, number>();
  /** Of the first request: the clock does not run before it. */
  #started = 0;

  /** A request's data point, as middleware/request-log.ts writes it for Analytics Engine. */
  writeDataPoint({ blobs = [], doubles = [] }: AnalyticsEngineDataPoint = {}): void {
    const [sent = '', route = '', status = '', , , start = '', cache = ''] = blobs.map(String);
    const [bytes = 0, , decodeMs = 0, loadMs = 0, inferenceMs = 0, totalMs = 0] = doubles;
    this.#begin();
    const method = METHODS.includes(sent) ? sent : 'other';
    this.#add(this.#requests, { method, route, status }, 1);
    this.#add(this.#bytes, { route }, bytes);
    this.#add(this.#starts, { start }, 1);
    this.#add(this.#cache, { result: cache }, 1);
    for (const [part, ms] of Object.entries({ decode: decodeMs, load: loadMs, inference: inferenceMs }))
      if (start === 'warm' || start === 'cold') this.#observe({ route, part }, ms / 1000);
    this.#observe({ route, part: 'total' }, totalMs / 1000);
  }

  answer(gauges: Gauges): Response {
    return new Response(this.text(gauges), {
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' },
    });
  }

  text(gauges: Gauges): string {
    this.#begin();
    const counter = (name: string, help: string, values: Map<string, number>) =>
      family(
        name,
        'counter',
        help,
        [...values].map(([labels, value]) => sample(name, JSON.parse(labels) as Labels, value)),
      );
    const gauge = (name: string, help: string, value: number, labels: Labels = {}) =>
      family(name, 'gauge', help, [sample(name, labels, value)]);
    const seconds = [...this.#seconds].flatMap(([labels, histogram]) =>
      histogramSamples('request_seconds', JSON.parse(labels) as Labels, histogram),
    );
    return [
      counter('requests_total', 'Requests answered.', this.#requests),
      family(
        'request_seconds',
        'histogram',
        'Time of a request, in all and in its parts; computing as far as the runtime lets clocks go on.',
        seconds,
      ),
      counter('request_bytes_total', 'Bytes of request bodies.', this.#bytes),
      counter(
        'starts_total',
        'Requests that found the model in memory (warm) or loaded it (cold).',
        this.#starts,
      ),
      counter('result_cache_total', 'Requests by what the result cache did.', this.#cache),
      gauge('requests_in_progress', 'Requests whose bodies have begun to arrive.', gauges.requestsInProgress),
      gauge('requests_waiting', 'Requests that wait for a place or for memory.', gauges.requestsWaiting),
      gauge('request_memory_bytes', 'Memory that requests hold.', gauges.requestMemoryBytes),
      gauge('engine_memory_bytes', 'Memory of weights and activations.', gauges.engineMemoryBytes),
      gauge('head_cache_bytes', 'Memory of heads that are kept.', gauges.headCacheBytes),
      gauge('model_loaded', '1 when the model is in memory.', Number(gauges.modelLoaded), {
        model: gauges.model,
      }),
      family('model_reads_total', 'counter', 'How often the model was opened on disk.', [
        sample('model_reads_total', {}, gauges.modelReads),
      ]),
      gauge('start_time_seconds', 'When the process answered its first request, Unix time.', this.#started),
    ].join('');
  }

  #begin(): void {
    if (this.#started === 0) this.#started = Date.now() / 1000;
  }

  #add(values: Map<string, number>, labels: Labels, amount: number): void {
    const key = JSON.stringify(labels);
    values.set(key, (values.get(key) ?? 0) + amount);
  }

  #observe(labels: Labels, seconds: number): void {
    const key = JSON.stringify(labels);
    const found = this.#seconds.get(key) ?? { counts: BOUNDS.concat(0).map(() => 0), sum: 0 };
    const at = BOUNDS.findIndex((bound) => seconds <= bound);
    const bucket = at < 0 ? BOUNDS.length : at;
    found.counts[bucket] = (found.counts[bucket] ?? 0) + 1;
    found.sum += seconds;
    this.#seconds.set(key, found);
  }
}
