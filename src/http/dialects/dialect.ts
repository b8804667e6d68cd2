// What a dialect tells the application of itself: everything that is outside of its folder and yet its own.
import type { Hono } from 'hono';
import type { AppEnv } from '../context.ts';
import type { ErrorForm } from '../problem.ts';

export interface Dialect {
  routes: Hono<AppEnv>;
  /**
   * Addresses that are its own, with all below them, and how errors look there. The routes' own error handler would
   * not do: 401, 404 and 429 come from the middleware around all routes.
   */
  errors?: { prefixes: readonly string[]; form: ErrorForm };
  /** Addresses that need no token. */
  open?: readonly string[];
  /** Headers of its own, of requests and answers. */
  headers?: readonly string[];
  /**
   * How the OpenAPI document names an address where the router has to take a name and the action after it as one,
   * `{target}`.
   */
  documentedPaths?: Readonly<Record<string, string>>;
}
