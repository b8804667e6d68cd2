// The one reader of bodies: what it gives, where it stops, how slow a client may be, and what is drained: to the end
// where that is cheap, never longer than a client may take, never too many at once.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ByteSource } from '../../src/isolate/byte-source.ts';
import { Holder } from '../../src/isolate/holder.ts';
import { Upload } from '../../src/isolate/upload.ts';
import { cancelled } from '../support/cancelled.ts';

const AT_ONCE = 512;
const MIB = 1 << 20;

/** A body of so many pieces, all in one buffer, then silence or the end. */
function body(pieces: number, then: 'end' | 'silence', bytes = MIB) {
  const buffer = new Uint8Array(bytes);
  let reads = 0;
  let stop: (() => void) | undefined;
  const source = {
    cancelled: false,
    get reads() {
      return reads;
    },
    read(): Promise<Uint8Array | undefined> {
      if (reads < pieces) {
        buffer.fill(++reads);
        return Promise.resolve(buffer);
      }
      if (then === 'end') return Promise.resolve(undefined);
      return new Promise((resolve) => {
        stop = () => resolve(undefined);
      });
    },
    async cancel() {
      source.cancelled = true;
      stop?.();
    },
  } satisfies ByteSource & Record<string, unknown>;
  return source;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('reading', () => {
  test('peeked bytes are read again, although all pieces share a buffer', async () => {
    const upload = new Upload(body(5, 'end', 3));
    expect([...(await upload.peek(7))]).toEqual([1, 1, 1, 2, 2, 2, 3]);
    expect([...(await upload.rest())]).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5]);
    expect(upload.bytes).toBe(15);
    expect(await upload.read()).toBeUndefined();
  });

  test('of fewer bytes, peek and gather give all', async () => {
    expect((await new Upload(body(2, 'end', 3)).peek(100)).length).toBe(6);
    expect((await new Upload(new Uint8Array(0)).peek(100)).length).toBe(0);
  });

  test('the stream gives copies', async () => {
    const bytes = await new Response(new Upload(body(3, 'end', 2)).stream()).arrayBuffer();
    expect([...new Uint8Array(bytes)]).toEqual([1, 1, 2, 2, 3, 3]);
  });

  test('the first bytes are announced once, before they are given', async () => {
    const onFirstBytes = vi.fn(async () => undefined);
    const upload = new Upload(body(3, 'end', 1), { onFirstBytes });
    expect(onFirstBytes.mock.calls).toHaveLength(0);
    await upload.skip();
    expect(onFirstBytes.mock.calls).toHaveLength(1);
  });

  test('a client that goes away is a bad request, that says how far it came', async () => {
    const upload = new Upload(
      { read: () => Promise.reject(new Error('reset')), cancel: async () => {} },
      { pace: { graceMs: 100, bytesPerSecond: 1 } },
    );
    await expect(upload.read()).rejects.toMatchObject({
      code: 'bad-request',
      message: 'the upload broke off after 0 bytes',
    });
  });
});

describe('the limit', () => {
  test('is not passed: the rest is drained first', async () => {
    const source = body(6, 'end', 10);
    const upload = new Upload(source).limit(25, 'image');
    await upload.read();
    await upload.read();
    await expect(upload.read()).rejects.toMatchObject({
      code: 'too-many-bytes',
      message: 'image: expected at most 25 bytes',
      members: { limit: { bytes: 25 } },
    });
    expect(source.reads).toBe(6);
  });

  test('holds for bytes that were peeked before it was known', async () => {
    const upload = new Upload(body(3, 'end', 10));
    await upload.peek(1);
    await expect(upload.limit(5, 'image').read()).rejects.toMatchObject({ code: 'too-many-bytes' });
  });

  test('is lowered, never raised, and holds for announced bytes', async () => {
    const upload = new Upload(body(1, 'end', 10), { limit: 5 }).limit(50, 'form');
    await expect(upload.announce(6)).rejects.toMatchObject({ message: 'form: expected at most 5 bytes' });
  });
});

describe('the pace', () => {
  const pace = { graceMs: 1_000, bytesPerSecond: 100 };

  /** A client that sends `bytes` every `ms`. */
  function dripping(bytes: number, ms: number): ByteSource {
    let stop: (() => void) | undefined;
    return {
      read: () =>
        new Promise((resolve) => {
          const timer = setTimeout(() => resolve(new Uint8Array(bytes)), ms);
          stop = () => {
            clearTimeout(timer);
            resolve(undefined);
          };
        }),
      cancel: async () => stop?.(),
    };
  }

  async function readFor(upload: Upload, ms: number): Promise<unknown> {
    let ended: unknown;
    void (async () => {
      for (;;) await upload.read();
    })().catch((error: unknown) => {
      ended = error;
    });
    await vi.advanceTimersByTimeAsync(ms);
    return ended;
  }

  test('a client that keeps it may take as long as it likes', async () => {
    expect(await readFor(new Upload(dripping(60, 500), { pace }), 600_000)).toBeUndefined();
  });

  test('a client below it is told so when the grace is used up', async () => {
    const upload = new Upload(dripping(10, 500), { pace });
    expect(await readFor(upload, 900)).toBeUndefined();
    const late = new Upload(dripping(10, 500), { pace });
    expect(await readFor(late, 2_000)).toMatchObject({ code: 'too-slow', status: 408 });
    expect(late.bytes).toBeGreaterThan(0);
  });

  test('one that sends nothing ends with the grace', async () => {
    expect(await readFor(new Upload(body(0, 'silence'), { pace }), 1_010)).toMatchObject({
      code: 'too-slow',
      message: expect.stringContaining('stopped after 0 bytes'),
    });
  });

  test('a fast start earns no longer stall', async () => {
    expect(await readFor(new Upload(body(3, 'silence'), { pace }), 1_010)).toMatchObject({
      code: 'too-slow',
    });
  });

  test('time that the reader takes is not the client’s', async () => {
    const upload = new Upload(dripping(100, 100), { pace });
    await Promise.all([upload.read(), vi.advanceTimersByTimeAsync(100)]);
    await vi.advanceTimersByTimeAsync(60_000);
    const [piece] = await Promise.all([upload.read(), vi.advanceTimersByTimeAsync(100)]);
    expect(piece?.length).toBe(100);
  });

  test('whoever loses a permit loses the body', async () => {
    const holder = new Holder();
    const source = body(1, 'silence');
    const upload = new Upload(source, { pace: { ...pace, graceMs: 60_000 }, holder });
    await upload.read();
    const second = expect(upload.read()).rejects.toMatchObject({ code: 'too-slow' });
    await vi.advanceTimersByTimeAsync(100);
    expect(holder.behindMs(Date.now())).toBe(100);
    holder.revoke();
    await vi.advanceTimersByTimeAsync(300);
    await second;
    expect(source.cancelled).toBe(true);
    holder.stop();
  });
});

describe('draining', () => {
  const drain = (source: ByteSource) => new Upload(source).drain();

  test('to the end', async () => {
    const source = body(3, 'end');
    await drain(source);
    expect(source.reads).toBe(3);
  });

  test('64 MiB at most', async () => {
    const source = body(1000, 'end');
    await drain(source);
    expect(source).toMatchObject({ reads: 64, cancelled: true });
  });

  test('five seconds at most', async () => {
    const source = body(1, 'silence');
    const done = drain(source);
    await vi.advanceTimersByTimeAsync(4_900);
    expect(source.cancelled).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect(source.cancelled).toBe(true);
    await done;
  });

  test('a refused body of a request is drained, another is cancelled', async () => {
    const request = body(3, 'end');
    await new Upload(request, { drained: true }).cancel();
    expect(request.reads).toBe(3);
    const other = body(3, 'end');
    await new Upload(other).cancel();
    expect(other).toMatchObject({ reads: 0, cancelled: true });
  });

  test('beyond a number at once they are cut off, until others are done or gone', async () => {
    const silent = Array.from({ length: AT_ONCE }, () => body(0, 'silence'));
    const all = silent.map(drain);
    await vi.advanceTimersByTimeAsync(100);
    const late = body(3, 'end');
    await drain(late);
    expect(late).toMatchObject({ reads: 0, cancelled: true });
    await vi.advanceTimersByTimeAsync(5_100);
    await Promise.all(all);
    const next = body(3, 'end');
    await drain(next);
    expect(next.reads).toBe(3);

    // They never end.
    await cancelled(async () => {
      for (let i = 0; i < AT_ONCE; i++) void drain(body(0, 'silence'));
      await Promise.resolve();
    });
    const refused = body(3, 'end');
    await drain(refused);
    expect(refused.reads).toBe(0);
    // Watched by others for a while, and then known to be gone.
    for (let i = 0; i < 3; i++) {
      await vi.advanceTimersByTimeAsync(3_000);
      await drain(body(0, 'end'));
    }
    const welcome = body(3, 'end');
    await drain(welcome);
    expect(welcome.reads).toBe(3);
  });
});
