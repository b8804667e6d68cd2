// The package's `./client`: the HTTP interface of a Worker, typed, for browsers and every runtime with fetch.
//
//   const api = createClient('https://alexnet.example', { token: '...' });
//   const { predictions } = await api.classify(photo, { top_k: 3 });
import type { Answer, Bytes, ClassifyOptions, ModelName } from './answers.ts';

export type * from './answers.ts';

export interface ClientOptions {
  /** Bearer token. */
  token?: string;
  /** In the place of the global one, such as a service binding's. */
  fetch?: (request: Request) => Promise<Response>;
}

/** The problem document of a refusal (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  request_id?: string;
}

/** Thrown for every answer that is not 200; the message is the problem's `detail`. */
export class ClientError extends Error {
  override name = 'ClientError';
  readonly status: number;
  /** The last part of the problem's type, such as `damaged-image`; '' when another server answered. */
  readonly code: string;
  readonly problem: Problem | undefined;

  constructor(status: number, problem: Problem | undefined, text: string) {
    super(problem?.detail ?? `expected status 200, got ${status}: ${text.slice(0, 200)}`);
    this.status = status;
    this.problem = problem;
    this.code = problem?.type.split(':').at(-1) ?? '';
  }
}

export interface CallOptions {
  signal?: AbortSignal;
}

export interface Client {
  /** POST /v1/classify with the photo's bytes as they are. Rejects with ClientError. */
  classify(photo: Bytes, options?: ClassifyOptions & CallOptions): Promise<Answer & { request_id: string }>;
  /** GET /v1/models: the model, and the names of published heads. Rejects with ClientError. */
  models(
    options?: CallOptions,
  ): Promise<{ models: (ModelName & { classes: number })[]; heads?: { name: string }[] }>;
  /** Whether it answers with the model in memory; `warm` loads it first. */
  ready(options?: CallOptions & { warm?: boolean }): Promise<boolean>;
}

function problemOf(text: string): Problem | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null && 'detail' in json ? (json as Problem) : undefined;
  } catch {
    return undefined;
  }
}

/** @param address of the Worker: its origin, or where it is mounted */
export function createClient(address: string | URL, { token, fetch: send }: ClientOptions = {}): Client {
  const base = new URL(address);
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  const ask = (path: string, init: RequestInit, query: Record<string, string> = {}) => {
    const url = new URL(path, base);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const request = new Request(url, init);
    if (token !== undefined) request.headers.set('authorization', `Bearer ${token}`);
    return send ? send(request) : fetch(request);
  };
  const answered = async <T>(response: Response): Promise<T> => {
    if (response.status === 200) return response.json() as Promise<T>;
    const text = await response.text();
    throw new ClientError(response.status, problemOf(text), text);
  };
  const signalOf = ({ signal }: CallOptions): RequestInit => (signal ? { signal } : {});
  return {
    async classify(photo, { signal, ...options } = {}) {
      const query = Object.entries(options).map(([name, value]) => [name, String(value)]);
      // A stream is sent while it is made; Node and Chromium ask for `half` by name.
      const stream = photo instanceof ReadableStream ? { duplex: 'half' } : {};
      const init = {
        method: 'POST',
        body: photo as BodyInit,
        ...stream,
        ...signalOf(signal ? { signal } : {}),
      };
      return answered(await ask('v1/classify', init, Object.fromEntries(query)));
    },
    async models(options = {}) {
      return answered(await ask('v1/models', signalOf(options)));
    },
    async ready(options = {}) {
      const response = await ask('readyz', signalOf(options), options.warm ? { warm: '1' } : {});
      await response.body?.cancel();
      return response.status === 200;
    },
  };
}
