// Back-pressure by itself: places, large uploads, shares of memory, and holders that stopped running.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ServiceError } from '../../src/errors.ts';
import { ImageDecoder } from '../../src/image/decoder.ts';
import { DecoderPool } from '../../src/image/pool.ts';
import { Admission, type Ticket } from '../../src/isolate/admission.ts';
import { decodeOptions, decoderModule } from '../../tools/fixtures/decoder.ts';
import { photograph } from '../../tools/fixtures/photograph.ts';

const LARGE = 5_000_000;

function refused(enter: () => unknown): ServiceError {
  try {
    enter();
  } catch (error) {
    if (error instanceof ServiceError) return error;
  }
  throw new Error('expected a ServiceError');
}

describe('places', () => {
  test('one more than there are is refused with Retry-After; one that leaves makes room', () => {
    const admission = new Admission({ places: 3 });
    const tickets = [1, 2, 3].map(() => admission.enter(100));
    const error = refused(() => admission.enter(100));
    expect(error).toMatchObject({ code: 'too-many-requests', status: 429 });
    expect(error.headers['retry-after']).toBe('1');
    tickets[0]?.leave();
    tickets[0]?.leave();
    admission.enter(100);
    expect(admission.inProgress).toBe(3);
  });

  test('large uploads, and those of unknown length, get half of them', () => {
    const admission = new Admission({ places: 4 });
    admission.enter(LARGE);
    admission.enter(undefined);
    expect(refused(() => admission.enter(LARGE)).code).toBe('too-many-requests');
    admission.enter(100);
    admission.enter(100);
    expect(refused(() => admission.enter(100)).code).toBe('too-many-requests');
  });
});

describe('with a clock of their own', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** As when the client hung up: the request's timers end, and nothing of it runs again. */
  function enterAndVanish(admission: Admission): Ticket {
    const timer = vi.spyOn(globalThis, 'setInterval').mockReturnValue(0 as never);
    const ticket = admission.enter(100);
    timer.mockRestore();
    return ticket;
  }

  test('a request that stopped running loses its place, one that runs keeps it', async () => {
    const admission = new Admission({ places: 2 });
    enterAndVanish(admission);
    admission.enter(100);
    expect(refused(() => admission.enter(100)).code).toBe('too-many-requests');
    await vi.advanceTimersByTimeAsync(10_000);
    admission.enter(100);
    expect(admission.inProgress).toBe(2);
  });

  test('shares of memory go in order of arrival, never more than the budget', async () => {
    const admission = new Admission({ wholeBytes: 100 });
    const order: number[] = [];
    const tickets = [60, 60, 30].map((bytes, i) => {
      const ticket = admission.enter(100);
      void ticket.hold(bytes).then(() => order.push(i));
      return ticket;
    });
    await vi.advanceTimersByTimeAsync(100);
    // The last would fit, but it would overtake.
    expect(order).toEqual([0]);
    tickets[0]?.leave();
    await vi.advanceTimersByTimeAsync(100);
    expect(order).toEqual([0, 1, 2]);
  });

  test('a body larger than the budget is taken on alone', async () => {
    const admission = new Admission({ wholeBytes: 100 });
    await admission.enter(100).hold(500);
    const second = admission.enter(100).hold(1);
    const code = second.catch((error: ServiceError) => error.code);
    await vi.advanceTimersByTimeAsync(11_000);
    expect(await code).toBe('too-many-requests');
  });

  test('a share is asked for once', async () => {
    const admission = new Admission({ wholeBytes: 100 });
    const ticket = admission.enter(100);
    await ticket.hold(80);
    await ticket.hold(80);
    expect(admission.inProgress).toBe(1);
  });

  test('a share goes on when its holder vanished while it waited, and when it holds too long', async () => {
    const admission = new Admission({ wholeBytes: 100 });
    const slow = admission.enter(100);
    await slow.hold(100);
    // Under fake timers its waiting goes on and ends in a refusal that nobody hears.
    enterAndVanish(admission)
      .hold(100)
      .catch(() => undefined);
    await vi.advanceTimersByTimeAsync(15_000);
    const third = admission.enter(100).hold(100);
    await vi.advanceTimersByTimeAsync(8_000);
    await expect(third).resolves.toBeUndefined();
  });
});

describe('decoders', () => {
  test('large uploads lease half of them; small ones overtake large ones that wait', async () => {
    const pool = new DecoderPool(await decoderModule(), 4);
    const large = [await pool.lease(true), await pool.lease(true)];
    let third = false;
    const waiting = pool.lease(true).then((lease) => {
      third = true;
      return lease;
    });
    const small = [await pool.lease(false), await pool.lease(false)];
    expect(third).toBe(false);
    if (large[0]) pool.release(large[0], true);
    const late = await waiting;
    for (const lease of [...large.slice(1), ...small, late]) pool.release(lease, true);
  });

  test('a lease whose request stopped running is taken away soon after a second', async () => {
    vi.useFakeTimers();
    try {
      const pool = new DecoderPool(await decoderModule(), 1);
      const timer = vi.spyOn(globalThis, 'setInterval').mockReturnValue(0 as never);
      const lost = await pool.lease(false);
      timer.mockRestore();
      const waiting = pool.lease(false);
      await vi.advanceTimersByTimeAsync(1_200);
      const lease = await waiting;
      expect(lease.instance).not.toBe(lost.instance);
      pool.release(lease, true);
    } finally {
      vi.useRealTimers();
    }
  });

  test('a trap fails one upload, and the next one is decoded by a fresh instance', async () => {
    const real = await decoderModule();
    const decoder = new ImageDecoder(real, undefined, { poolSize: 1 });
    const file = new Uint8Array(await photograph(300, 200).jpeg().toBuffer());
    const Instance = WebAssembly.Instance;
    const made = vi.spyOn(WebAssembly, 'Instance').mockImplementationOnce(function trapping() {
      const instance = new Instance(real, {});
      const advance = () => {
        throw new WebAssembly.RuntimeError('unreachable');
      };
      return { exports: { ...instance.exports, advance } } as never;
    });
    await expect(decoder.decode(file, decodeOptions())).rejects.toMatchObject({
      code: 'decoder-trap',
      status: 500,
    });
    expect((await decoder.decode(file, decodeOptions())).width).toBe(300);
    expect(made).toHaveBeenCalledTimes(2);
    made.mockRestore();
  });
});
