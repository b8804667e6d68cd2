// Who stopped running is noticed within a second; who is only kept from beating by a long computation is not lost.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Pulse } from '../../src/isolate/pulse.ts';

/** As when the client hung up: its timers end. */
function vanished(): Pulse {
  const timer = vi.spyOn(globalThis, 'setInterval').mockReturnValue(0 as never);
  const pulse = new Pulse();
  timer.mockRestore();
  return pulse;
}

describe('a pulse', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Asks every 10 ms; ms until the answer is no, or undefined. */
  async function watch(pulse: Pulse, ms: number): Promise<number | undefined> {
    for (let waited = 0; waited <= ms; waited += 10) {
      if (!pulse.beats(Date.now())) return waited;
      await vi.advanceTimersByTimeAsync(10);
    }
    return undefined;
  }

  test('beats while its request runs, however long', async () => {
    const pulse = new Pulse();
    expect(await watch(pulse, 60_000)).toBeUndefined();
    pulse.stop();
  });

  test('is missed within a second by who waits', async () => {
    const pulse = vanished();
    const waited = await watch(pulse, 5_000);
    expect(waited).toBeGreaterThan(500);
    expect(waited).toBeLessThanOrEqual(1_000);
  });

  test('is not missed when its request works without getting to its timer', async () => {
    const pulse = vanished();
    for (let i = 0; i < 10; i++) {
      expect(await watch(pulse, 500)).toBeUndefined();
      pulse.beat();
    }
  });

  test('is missed after a pause in which nobody asked', async () => {
    const pulse = vanished();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(pulse.beats(Date.now())).toBe(false);
  });

  test('is not missed when a computation of two seconds kept its timer from firing', () => {
    const pulse = new Pulse();
    expect(pulse.beats(Date.now())).toBe(true);
    // The clock goes on, and no timer fires.
    vi.setSystemTime(Date.now() + 2_000);
    for (let i = 0; i < 5; i++) expect(pulse.beats(Date.now() + 10 * i)).toBe(true);
    pulse.stop();
  });
});
