// Who stopped running is noticed within a second; who is only kept from beating by a long computation is not lost.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Holder } from '../../src/isolate/holder.ts';
import { cancelled } from '../support/cancelled.ts';

/** As when the client hung up. */
const vanished = () => cancelled(() => new Holder());

describe('a holder', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Asks every 10 ms; ms until the answer is no, or undefined. */
  async function watch(holder: Holder, ms: number): Promise<number | undefined> {
    for (let waited = 0; waited <= ms; waited += 10) {
      if (!holder.isAlive(Date.now())) return waited;
      await vi.advanceTimersByTimeAsync(10);
    }
    return undefined;
  }

  test('is alive while its request runs, however long', async () => {
    const holder = new Holder();
    expect(await watch(holder, 60_000)).toBeUndefined();
    holder.stop();
  });

  test('is missed within a second by who waits', async () => {
    const holder = await vanished();
    const waited = await watch(holder, 5_000);
    expect(waited).toBeGreaterThan(500);
    expect(waited).toBeLessThanOrEqual(1_000);
  });

  test('is not missed when its request works without getting to its timer', async () => {
    const holder = await vanished();
    for (let i = 0; i < 10; i++) {
      expect(await watch(holder, 500)).toBeUndefined();
      holder.touch();
    }
  });

  test('is missed after a pause in which nobody asked', async () => {
    const holder = await vanished();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(holder.isAlive(Date.now())).toBe(false);
  });

  test('is not missed when a computation of two seconds kept its timer from firing', () => {
    const holder = new Holder();
    expect(holder.isAlive(Date.now())).toBe(true);
    // The clock goes on, and no timer fires.
    vi.setSystemTime(Date.now() + 2_000);
    for (let i = 0; i < 5; i++) expect(holder.isAlive(Date.now() + 10 * i)).toBe(true);
    holder.stop();
  });
});

describe('a client that keeps a request waiting', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('is behind by the time that it takes, and by what it was behind before', async () => {
    const holder = new Holder();
    expect(holder.behindMs(Date.now())).toBe(0);
    holder.waitForClient(300);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(holder.behindMs(Date.now())).toBe(2_300);
    holder.resume();
    expect(holder.behindMs(Date.now())).toBe(0);
    holder.stop();
  });

  test('hears in its own time that its permit went to somebody else', async () => {
    const holder = new Holder();
    const heard = vi.fn();
    holder.onRevoked(heard);
    const forgotten = vi.fn();
    holder.onRevoked(forgotten)();
    holder.revoke();
    expect(holder.revoked).toBe(true);
    expect(heard).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(300);
    await vi.advanceTimersByTimeAsync(300);
    expect(heard.mock.calls).toHaveLength(1);
    expect(forgotten.mock.calls).toHaveLength(0);
    holder.stop();
  });
});
