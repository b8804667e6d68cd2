// What one request did, for its log line, its Server-Timing header and its data point. Never the image, a token or an
// address.

export interface RequestLog {
  bytes: number;
  pixels: number;
  /** Image format; of several files, of the last one. */
  format: string;
  model: string;
  start: 'cold' | 'warm' | 'none';
  cache: 'hit' | 'miss' | 'off';
  /** Milliseconds; in production the clock stands still during computation, so only waiting counts there. */
  decodeMs: number;
  loadMs: number;
  inferenceMs: number;
  /** The client's trace context (W3C), checked; '' without one. Goes on to the hosts that photos are read from. */
  traceParent: string;
  /** What the operator can do about an upload that was refused. */
  hint?: string;
}

export function emptyLog(): RequestLog {
  return {
    bytes: 0,
    pixels: 0,
    format: '',
    model: '',
    start: 'none',
    cache: 'off',
    decodeMs: 0,
    loadMs: 0,
    inferenceMs: 0,
    traceParent: '',
  };
}
