// Permits: never more than there are, in order of attained service, not for those who are gone or too slow.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ServiceError } from '../../src/errors.ts';
import { ClientUsage } from '../../src/isolate/client-usage.ts';
import { Holder } from '../../src/isolate/holder.ts';
import { type Permit, Turns, type TurnsSettings } from '../../src/isolate/turns.ts';
import { cancelled } from '../support/cancelled.ts';

const holders: Holder[] = [];

function request(client?: string, usage?: ClientUsage): Holder {
  const holder = new Holder(client, usage);
  holders.push(holder);
  return holder;
}

function turns(settings: Partial<TurnsSettings> = {}): Turns {
  return new Turns({
    what: 'place',
    member: 'places',
    capacity: 100,
    maxWaitMs: 10_000,
    maxWaiting: 1_000,
    ...settings,
  });
}

async function refusal(permit: Promise<Permit>): Promise<ServiceError> {
  try {
    await permit;
  } catch (error) {
    return error as ServiceError;
  }
  throw new Error('expected a refusal');
}

/** Enters and notes in `order` when it is served. */
function queue(place: Turns, order: string[], name: string, holder: Holder, weight = 1, large = false) {
  return place.enter(holder, weight, large).then((permit) => {
    order.push(name);
    return permit;
  });
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  for (const holder of holders.splice(0)) holder.stop();
  vi.useRealTimers();
});

describe('capacity', () => {
  test('what is set aside is less for all, for large ones and for a client', async () => {
    const places = turns({ capacity: 100, largeCapacity: 60, clientCapacity: 80 });
    places.setAside(50);
    const order: string[] = [];
    const large = await queue(places, order, 'large', request('a'), 20, true);
    void queue(places, order, 'second large', request('b'), 15, true);
    void queue(places, order, 'same client', request('a'), 21);
    await vi.advanceTimersByTimeAsync(100);
    expect(order).toEqual(['large']);
    const other = await queue(places, order, 'other', request('c'), 30);
    void queue(places, order, 'more', request('d'), 1);
    await vi.advanceTimersByTimeAsync(100);
    expect(order).toEqual(['large', 'other']);
    large.leave();
    other.leave();
    await vi.advanceTimersByTimeAsync(200);
    expect(order).toHaveLength(5);
  });

  test('is never exceeded, and what leaves is free again', async () => {
    const places = turns({ capacity: 2 });
    const order: string[] = [];
    const first = await queue(places, order, 'a', request());
    await queue(places, order, 'b', request());
    void queue(places, order, 'c', request());
    await vi.advanceTimersByTimeAsync(100);
    expect(order).toEqual(['a', 'b']);
    expect(places.used).toBe(2);
    first.leave();
    await vi.advanceTimersByTimeAsync(100);
    expect(order).toEqual(['a', 'b', 'c']);
    first.leave();
    expect(places.used).toBe(2);
  });

  test('of those who had as much work, who asks for less comes first', async () => {
    const memory = turns();
    const order: string[] = [];
    const permits = [60, 60, 30].map((weight, i) => queue(memory, order, String(i), request(), weight));
    await vi.advanceTimersByTimeAsync(100);
    expect(order).toEqual(['0', '2']);
    (await permits[0])?.leave();
    await vi.advanceTimersByTimeAsync(100);
    expect(order).toEqual(['0', '2', '1']);
  });

  test('a weight over the capacity is taken on alone', async () => {
    const memory = turns({ maxWaitMs: 1_000 });
    const whole = await memory.enter(request(), 500);
    const error = refusal(memory.enter(request(), 1));
    await vi.advanceTimersByTimeAsync(1_100);
    expect(await error).toMatchObject({
      code: 'too-many-requests',
      members: { limit: { places: 100 } },
      headers: { 'retry-after': '1' },
    });
    whole.leave();
    await memory.enter(request(), 1);
  });

  test('large ones leave room, and one that waits holds nobody up', async () => {
    const memory = turns({ largeCapacity: 60 });
    const order: string[] = [];
    const large = await queue(memory, order, 'large', request(), 50, true);
    void queue(memory, order, 'larger', request(), 50, true);
    await queue(memory, order, 'small', request(), 40);
    await vi.advanceTimersByTimeAsync(100);
    expect(order).toEqual(['large', 'small']);
    large.leave();
    await vi.advanceTimersByTimeAsync(100);
    expect(order).toEqual(['large', 'small', 'larger']);
  });

  test('what has grown is counted', async () => {
    const memory = turns({ maxWaitMs: 100 });
    const permit = await memory.enter(request(), 10);
    permit.resize(95);
    expect(memory.used).toBe(95);
    const error = refusal(memory.enter(request(), 10));
    await vi.advanceTimersByTimeAsync(200);
    expect((await error).code).toBe('too-many-requests');
  });

  test('one client leaves room for another, and may be alone with more than its share', async () => {
    const memory = turns({ clientCapacity: 75, largeCapacity: 80 });
    const order: string[] = [];
    await queue(memory, order, 'a', request('a'), 70);
    void queue(memory, order, 'a again', request('a'), 10);
    await queue(memory, order, 'b', request('b'), 30);
    await vi.advanceTimersByTimeAsync(100);
    expect(order).toEqual(['a', 'b']);
    const alone = turns({ clientCapacity: 75, largeCapacity: 80 });
    await alone.enter(request('a'), 500, true);
    await alone.enter(request('b'), 20);
  });

  test('one client does not keep others from waiting', async () => {
    const places = turns({ capacity: 1, clientCapacity: 1, maxWaiting: 4 });
    await places.enter(request('a'));
    for (let i = 0; i < 3; i++) void places.enter(request('a')).catch(() => undefined);
    expect((await refusal(places.enter(request('a')))).code).toBe('too-many-requests');
    const other = refusal(places.enter(request('b')));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(places.used).toBe(1);
    await vi.advanceTimersByTimeAsync(5_100);
    expect((await other).members).toEqual({ limit: { places: 1 } });
  });

  test('no more wait than may', async () => {
    const places = turns({ capacity: 1, maxWaiting: 1 });
    await places.enter(request());
    void places.enter(request()).catch(() => undefined);
    expect((await refusal(places.enter(request()))).code).toBe('too-many-requests');
  });
});

describe('order', () => {
  test('who has had less work comes first', async () => {
    const places = turns({ capacity: 1 });
    const order: string[] = [];
    const held = await places.enter(request());
    const heavy = request();
    heavy.work(500);
    const permits = [
      queue(places, order, 'heavy', heavy),
      queue(places, order, 'light', request()),
      queue(places, order, 'late', request()),
    ];
    await vi.advanceTimersByTimeAsync(50);
    held.leave();
    for (const [, permit] of permits.entries())
      void permit.then(async (got) => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        got.leave();
      });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(order).toEqual(['light', 'late', 'heavy']);
  });

  test('turns go round between clients, whatever each of them sends', async () => {
    const usage = new ClientUsage();
    const places = turns({ capacity: 1 });
    const order: string[] = [];
    const held = await places.enter(request());
    const busy = request('busy', usage);
    busy.work(1_000);
    void queue(places, order, 'busy', request('busy', usage));
    void queue(places, order, 'quiet', request('quiet', usage));
    await vi.advanceTimersByTimeAsync(50);
    held.leave();
    await vi.advanceTimersByTimeAsync(100);
    expect(order).toEqual(['quiet']);
  });

  test('who held much for long is no lighter than who worked', async () => {
    const usage = new ClientUsage();
    const places = turns({ capacity: 2 });
    const order: string[] = [];
    const [idle, held] = [
      await places.enter(request('idle', usage)),
      await places.enter(request('x', usage)),
    ];
    await vi.advanceTimersByTimeAsync(2_000);
    idle.leave();
    await places.enter(request('x', usage));
    request('worker', usage).work(500);
    void queue(places, order, 'idle', request('idle', usage));
    void queue(places, order, 'worker', request('worker', usage));
    await vi.advanceTimersByTimeAsync(50);
    held.leave();
    await vi.advanceTimersByTimeAsync(100);
    expect(order).toEqual(['worker']);
  });
});

describe('who is gone or slow', () => {
  test('a request that stopped running loses its permit, one that runs keeps it', async () => {
    const places = turns({ capacity: 2 });
    await places.enter(await cancelled(() => new Holder()));
    await places.enter(request());
    const third = places.enter(request());
    const fourth = refusal(places.enter(request()));
    await vi.advanceTimersByTimeAsync(2_000);
    await third;
    await vi.advanceTimersByTimeAsync(10_000);
    expect((await fourth).code).toBe('too-many-requests');
  });

  test('one that vanished while it waited is passed over', async () => {
    const places = turns({ capacity: 1 });
    const held = await places.enter(request());
    await cancelled(() => void places.enter(new Holder()));
    const second = places.enter(request());
    held.leave();
    await vi.advanceTimersByTimeAsync(200);
    await second;
  });

  test('a pause of the whole process takes nothing away', async () => {
    const places = turns({ capacity: 1, maxWaitMs: 1_000_000 });
    const held = await places.enter(request());
    const waiting = places.enter(request());
    for (let i = 0; i < 3; i++) {
      await vi.advanceTimersByTimeAsync(1_000);
      vi.setSystemTime(Date.now() + 60_000);
      await vi.advanceTimersByTimeAsync(50);
      expect(() => held.check()).not.toThrow();
    }
    held.leave();
    await vi.advanceTimersByTimeAsync(50);
    await waiting;
  });

  test('a slow client keeps its permit while nobody else wants it, and loses it then', async () => {
    const places = turns({ capacity: 1 });
    const slow = request();
    const held = await places.enter(slow);
    slow.waitForClient(0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(() => held.check()).not.toThrow();
    await (async () => {
      const second = places.enter(request());
      await vi.advanceTimersByTimeAsync(50);
      await second;
    })();
    expect(slow.revoked).toBe(true);
    expect(() => held.check()).toThrow(expect.objectContaining({ code: 'too-slow', status: 408 }));
    // Whoever lost a permit gets no other one.
    expect((await refusal(places.enter(slow))).code).toBe('too-slow');
  });

  test('a client that has had more than the waiter gets less patience', async () => {
    const usage = new ClientUsage();
    const places = turns({ capacity: 2, maxWaitMs: 500 });
    const [heavy, light] = [request('heavy', usage), request('light', usage)];
    heavy.work(2_000);
    for (const holder of [light, heavy]) {
      await places.enter(holder);
      holder.waitForClient(0);
    }
    const waiting = places.enter(request('good', usage));
    await vi.advanceTimersByTimeAsync(400);
    await waiting;
    expect([heavy.revoked, light.revoked]).toEqual([true, false]);
  });

  test('the one that is furthest behind goes first, and nobody who is in time', async () => {
    const places = turns({ capacity: 3, maxWaitMs: 500 });
    const [slow, slower, brisk] = [request(), request(), request()];
    for (const holder of [slow, slower, brisk]) await places.enter(holder);
    slow.waitForClient(1_500);
    slower.waitForClient(3_000);
    brisk.waitForClient(0);
    await places.enter(request());
    expect([slow, slower, brisk].map(({ revoked }) => revoked)).toEqual([false, true, false]);
    await places.enter(request());
    expect(slow.revoked).toBe(true);
    const error = refusal(places.enter(request()));
    await vi.advanceTimersByTimeAsync(600);
    expect((await error).code).toBe('too-many-requests');
    expect(brisk.revoked).toBe(false);
  });
});
