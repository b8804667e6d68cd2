// Bodies that are dropped: to the end where that is cheap, never longer than a client may take, never too many at once.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ByteReader } from '../../src/isolate/byte-reader.ts';
import { discard } from '../../src/isolate/discard.ts';

const AT_ONCE = 512;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A body of so many pieces of 1 MiB, then silence or the end. */
function body(pieces: number, then: 'end' | 'silence') {
  let reads = 0;
  let stop: (() => void) | undefined;
  const reader = {
    cancelled: false,
    get reads() {
      return reads;
    },
    read(): Promise<Uint8Array | undefined> {
      if (reads < pieces) {
        reads++;
        return Promise.resolve(new Uint8Array(1 << 20));
      }
      if (then === 'end') return Promise.resolve(undefined);
      return new Promise((resolve) => {
        stop = () => resolve(undefined);
      });
    },
    async cancel() {
      reader.cancelled = true;
      stop?.();
    },
  } satisfies ByteReader & Record<string, unknown>;
  return reader;
}

test('to the end', async () => {
  const reader = body(3, 'end');
  await discard(reader);
  expect(reader.reads).toBe(3);
});

test('64 MiB at most', async () => {
  const reader = body(1000, 'end');
  await discard(reader);
  expect(reader).toMatchObject({ reads: 64, cancelled: true });
});

test('five seconds at most', async () => {
  const reader = body(1, 'silence');
  const done = discard(reader);
  await vi.advanceTimersByTimeAsync(4_900);
  expect(reader.cancelled).toBe(false);
  await vi.advanceTimersByTimeAsync(200);
  expect(reader.cancelled).toBe(true);
  await done;
});

test('beyond a number at once they are cut off, until others are done or forgotten', async () => {
  const silent = Array.from({ length: AT_ONCE }, () => body(0, 'silence'));
  const all = silent.map((reader) => discard(reader));
  const late = body(3, 'end');
  await discard(late);
  expect(late).toMatchObject({ reads: 0, cancelled: true });
  await vi.advanceTimersByTimeAsync(5_100);
  await Promise.all(all);
  const next = body(3, 'end');
  await discard(next);
  expect(next.reads).toBe(3);

  // Requests that were cancelled: their timers never fire, and they never end.
  const timers = vi.spyOn(globalThis, 'setTimeout').mockReturnValue(0 as never);
  for (let i = 0; i < AT_ONCE; i++) void discard(body(0, 'silence'));
  timers.mockRestore();
  const refused = body(3, 'end');
  await discard(refused);
  expect(refused.reads).toBe(0);
  vi.setSystemTime(Date.now() + 5_100);
  const welcome = body(3, 'end');
  await discard(welcome);
  expect(welcome.reads).toBe(3);
});
