// A photo that lies elsewhere has ten seconds, whatever the other side does: never answers, never sends, or trickles.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Opened, remoteUpload } from '../../src/photos/remote-source.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const stream = (pull: UnderlyingSource<Uint8Array>['pull'], cancel = () => {}) =>
  new ReadableStream<Uint8Array>({ ...(pull ? { pull } : {}), cancel });
const never = () => new Promise<never>(() => undefined);

const slow: [string, (signal: AbortSignal) => Promise<Opened>][] = [
  ['never answers, and does not listen', never],
  [
    'never answers, and listens',
    (signal) => new Promise((_, reject) => signal.addEventListener('abort', reject)),
  ],
  ['never sends', async () => ({ stream: stream(never) })],
  [
    'sends a byte a second',
    async () => ({
      stream: stream(async (controller) => {
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        controller.enqueue(new Uint8Array(1));
      }),
    }),
  ],
];

test.each(slow)('%s', async (_, open) => {
  let ended: unknown;
  const upload = remoteUpload(open, { limit: 1_000, what: 'url' });
  const rest = upload.rest().catch((error: unknown) => {
    ended = error;
  });
  await vi.advanceTimersByTimeAsync(9_999);
  expect(ended).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  await rest;
  expect(ended).toMatchObject({
    code: 'photo-unreachable',
    message: 'url: the photo could not be read within 10 s',
  });
});

test('who answers too late is not left waiting', async () => {
  const cancelled = vi.fn();
  const open = async () => {
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    return { stream: stream(never, cancelled) };
  };
  const rest = remoteUpload(open, { limit: 1_000, what: 'key' })
    .rest()
    .catch(() => 'refused');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await rest).toBe('refused');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(cancelled).toHaveBeenCalledOnce();
});

test('who is in time leaves no timer behind', async () => {
  const upload = remoteUpload(async () => ({ stream: new Blob([new Uint8Array(3)]).stream() }), {
    limit: 1_000,
    what: 'key',
  });
  expect(await upload.rest()).toHaveLength(3);
  expect(vi.getTimerCount()).toBe(0);
});
