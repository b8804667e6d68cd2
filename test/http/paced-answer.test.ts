// Large answers at the reader's pace: whole for those who read, cut off for those who do not, memory given back.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { pacedAnswer } from '../../src/http/paced-answer.ts';
import { Budget, createShared, type Shared } from '../../src/isolate/budget.ts';
import type { ByteSource } from '../../src/isolate/byte-source.ts';

const BYTES = 1_000_000;
const answer = Uint8Array.from({ length: BYTES }, (_, i) => i % 251);

const PIECE_BYTES = 64 << 10;

/** The answer in pieces. */
function source(): ByteSource {
  let at = 0;
  return {
    async read() {
      if (at >= BYTES) return undefined;
      at += PIECE_BYTES;
      return answer.subarray(at - PIECE_BYTES, at);
    },
    async cancel() {},
  };
}

let shared: Shared;
let budget: Budget;

beforeEach(async () => {
  vi.useFakeTimers();
  shared = createShared({ memoryBytes: 1_500_000 });
  budget = new Budget(shared);
  await budget.admit();
  await budget.reserve(BYTES);
  budget.settle();
});
afterEach(() => {
  budget.finish();
  vi.useRealTimers();
});

describe('a reader', () => {
  test('gets every byte, and then the memory is free', async () => {
    const read = new Response(pacedAnswer(source(), budget)).bytes();
    await vi.advanceTimersByTimeAsync(10);
    expect(Buffer.from(await read).equals(answer)).toBe(true);
    expect(shared.memory.used + shared.places.used).toBe(0);
  });

  test('who takes a piece a second is in time', async () => {
    const reader = pacedAnswer(source(), budget).getReader();
    let bytes = 0;
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      bytes += piece.value.byteLength;
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(bytes).toBe(BYTES);
  });

  test('who stops is cut off, and the memory is free', async () => {
    const reader = pacedAnswer(source(), budget).getReader();
    await reader.read();
    await vi.advanceTimersByTimeAsync(9_900);
    expect(shared.memory.used).toBe(BYTES);
    await vi.advanceTimersByTimeAsync(200);
    expect(shared.memory.used + shared.places.used).toBe(0);
    await expect(reader.read()).rejects.toMatchObject({ code: 'too-slow' });
  });

  test('who is behind when others need the memory is cut off earlier', async () => {
    const reader = pacedAnswer(source(), budget).getReader();
    await reader.read();
    await vi.advanceTimersByTimeAsync(500);
    const other = new Budget(shared);
    const waiting = other.reserve(BYTES);
    await vi.advanceTimersByTimeAsync(1_500);
    await waiting;
    await expect(reader.read()).rejects.toMatchObject({ code: 'too-slow' });
    other.finish();
  });

  test('who goes away gives everything back', async () => {
    const reader = pacedAnswer(source(), budget).getReader();
    await reader.read();
    await reader.cancel();
    expect(shared.memory.used + shared.places.used).toBe(0);
  });
});
