// What a request may take: charged before it is done, given back whatever happens; and whose turn it is to compute.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Budget, createShared, DEFAULT_BUDGET } from '../../src/isolate/budget.ts';
import { ClientUsage } from '../../src/isolate/client-usage.ts';
import { cancelled } from '../support/cancelled.ts';

const budgets: Budget[] = [];
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  for (const budget of budgets.splice(0)) budget.finish();
  vi.useRealTimers();
});

function budget(shared = createShared(), client?: string): Budget {
  const made = new Budget(shared, DEFAULT_BUDGET, client);
  budgets.push(made);
  return made;
}

describe('a budget', () => {
  test('takes one place, however often it is asked to', async () => {
    const shared = createShared();
    const own = budget(shared);
    await own.admit();
    await own.admit();
    expect(shared.places.used).toBe(1);
    own.finish();
    expect(shared.places.used).toBe(0);
  });

  test('takes at once what it expects, keeps it until it settles, and gives back the rest at its end', async () => {
    const shared = createShared();
    const own = budget(shared);
    own.expect(1 << 20);
    const permit = await own.reserve(1_000);
    const usual = shared.memory.used;
    expect(usual).toBeGreaterThan(3 << 20);
    await own.reserve(2_000);
    permit.leave();
    expect(shared.memory.used).toBe(usual);
    own.settle();
    expect(shared.memory.used).toBe(2_000);
    own.finish();
    expect(shared.memory.used).toBe(0);
  });

  test('requests that hold memory do not wait for each other', async () => {
    const shared = createShared({ memoryBytes: 8 << 20, maxWaitMs: 60_000 });
    const ended: number[] = [];
    const all = Array.from({ length: 10 }, async (_, i) => {
      const own = budget(shared, `client ${i}`);
      for (let part = 0; part < 3; part++) {
        await own.reserve(1 << 20);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      own.finish();
      ended.push(i);
    });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(ended).toHaveLength(10);
    await Promise.all(all);
  });

  test('what was not expected is counted, and given back when it leaves', async () => {
    const shared = createShared();
    const own = budget(shared);
    await own.reserve(1_000);
    const usual = shared.memory.used;
    const more = await own.reserve(20 << 20);
    expect(shared.memory.used).toBe((20 << 20) + 1_000);
    more.leave();
    expect(shared.memory.used).toBe(usual);
  });

  test('refuses work over its limit before it is done, by name and number', () => {
    const own = budget();
    own.charge(DEFAULT_BUDGET.workMs - 100, 'decoding');
    own.charge(100, 'decoding');
    expect(() => own.charge(1, 'classifying 3 pictures')).toThrow(
      expect.objectContaining({
        code: 'too-much-work',
        status: 413,
        message: expect.stringMatching(/^classifying 3 pictures: .* 1500 ms .* 1501 ms; .*MAX_WORK_MS$/),
        members: { limit: { work_ms: 1500 } },
      }),
    );
  });
});

describe('turns of the core', () => {
  /** Computes `pieces` of 10 ms each, and says when it has ended. */
  function compute(own: Budget, name: string, pieces: number, order: string[]): Promise<void> {
    return (async () => {
      for (let i = 0; i < pieces; i++) {
        await own.turn(10);
        order.push(name);
      }
      own.finish();
    })();
  }

  test('a light request overtakes heavy ones that came first', async () => {
    const shared = createShared();
    const order: string[] = [];
    for (let i = 0; i < 8; i++) void compute(budget(shared), 'heavy', 50, order);
    await vi.advanceTimersByTimeAsync(100);
    const before = order.length;
    void compute(budget(shared), 'light', 3, order);
    await vi.advanceTimersByTimeAsync(100);
    const between = order.slice(before).lastIndexOf('light');
    expect(order.filter((name) => name === 'light')).toHaveLength(3);
    expect(between).toBeLessThan(25);
  });

  test('one that is alone does not wait, and one that vanished holds nobody up', async () => {
    const shared = createShared();
    const order: string[] = [];
    const gone = await cancelled(() => new Budget(shared));
    await gone.turn(1);
    void compute(budget(shared), 'heavy', 10, order);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(order).toHaveLength(10);
  });

  test('a request whose client is to send has no turn to wait for', async () => {
    const shared = createShared();
    const waiting = budget(shared);
    await waiting.turn(1);
    waiting.holder.waitForClient(0);
    const order: string[] = [];
    void compute(budget(shared), 'other', 10, order);
    await vi.advanceTimersByTimeAsync(50);
    expect(order).toHaveLength(10);
  });
});

describe('usage of clients', () => {
  test('adds up and fades by half in ten seconds', () => {
    const usage = new ClientUsage();
    usage.add('a', 100, 0);
    usage.add('a', 50, 10_000);
    expect(usage.of('a', 10_000)).toBe(100);
    expect(usage.of('a', 30_000)).toBe(25);
    expect(usage.of('b', 0)).toBe(0);
  });

  test('only so many clients are remembered', () => {
    const usage = new ClientUsage();
    for (let i = 0; i < 5_000; i++) usage.add(`client ${i}`, 1, 0);
    expect(usage.of('client 0', 0)).toBe(0);
    expect(usage.of('client 4999', 0)).toBe(1);
  });
});
