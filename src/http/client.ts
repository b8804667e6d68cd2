// The typed client for TypeScript users: addresses, parameters and answers are checked against the routes' types.
//
//   const api = createClient('https://alexnet.example', { headers: { authorization: 'Bearer ...' } });
//   const answer = await api.v1.classify.$post({ query: { top_k: '3' } }, { init: { body: photo } });
import { type ClientRequestOptions, hc } from 'hono/client';
import type { App } from './app.ts';

export type Client = ReturnType<typeof createClient>;

export function createClient(address: string, options?: ClientRequestOptions) {
  return hc<App>(address, options);
}
