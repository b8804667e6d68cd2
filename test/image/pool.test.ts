// Uploads that stall, fail or are cancelled must not cost others their decoder.
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { ServiceError } from '../../src/errors.ts';
import { ImageDecoder } from '../../src/image/decoder.ts';
import { DecoderPool } from '../../src/image/pool.ts';
import { decodeOptions, decoderModule } from '../../tools/fixtures/decoder.ts';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { difference } from '../support/pixels.ts';

let module: WebAssembly.Module;
let file: Uint8Array;

beforeAll(async () => {
  module = await decoderModule();
  file = await photograph(300, 200).jpeg().toBuffer();
});

function stream(pull: (controller: ReadableStreamDefaultController<Uint8Array>, call: number) => unknown) {
  let call = 0;
  let cancelled: unknown;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await pull(controller, call++);
    },
    cancel(reason) {
      cancelled = reason;
    },
  });
  return { body, cancelled: () => cancelled };
}

describe('the pool', () => {
  it('an error of the stream passes through, and the only instance decodes the next photo', async () => {
    const decoder = new ImageDecoder(module, undefined, { poolSize: 1 });
    const expected = await decoder.decode(file, decodeOptions());
    const fault = new Error('connection reset');
    const { body } = stream((controller, call) => {
      if (call === 0) controller.enqueue(file.slice(0, 3000));
      else controller.error(fault);
    });
    await expect(decoder.decode(body, decodeOptions())).rejects.toBe(fault);
    const again = await decoder.decode(file, decodeOptions());
    expect(difference(again.pixels, expected.pixels).most).toBe(0);
  });

  it('a refused upload is cancelled with the reason', async () => {
    const decoder = new ImageDecoder(module);
    const { body, cancelled } = stream((controller) => controller.enqueue(new Uint8Array(100).fill(65)));
    await expect(decoder.decode(body, decodeOptions())).rejects.toThrow(ServiceError);
    expect(cancelled()).toBeInstanceOf(ServiceError);
  });

  it('what follows the picture is read to the end, not cut off', async () => {
    const decoder = new ImageDecoder(module);
    const { body, cancelled } = stream((controller, call) => {
      if (call === 0) controller.enqueue(file);
      else if (call < 10) controller.enqueue(new Uint8Array(1000));
      else controller.close();
    });
    const picture = await decoder.decode(body, decodeOptions());
    expect(picture.bytes).toBe(file.length + 9000);
    expect(cancelled()).toBeUndefined();
  });

  it('more uploads than instances take turns', async () => {
    const decoder = new ImageDecoder(module, undefined, { poolSize: 2 });
    const one = await decoder.decode(file, decodeOptions());
    const many = await Promise.all(Array.from({ length: 9 }, () => decoder.decode(file, decodeOptions())));
    for (const { pixels } of many) expect(difference(pixels, one.pixels).most).toBe(0);
  });

  it('a lease whose holder has not moved for 30 s is taken away', async () => {
    vi.useFakeTimers();
    try {
      const pool = new DecoderPool(module, 1);
      const lost = await pool.lease(false);
      const waiting = pool.lease(false);
      await vi.advanceTimersByTimeAsync(29_000);
      expect(() => pool.touch(lost)).not.toThrow();
      await vi.advanceTimersByTimeAsync(31_000);
      const lease = await waiting;
      expect(lease.instance).not.toBe(lost.instance);
      // The client's doing, not the server's.
      expect(() => pool.touch(lost)).toThrow(
        expect.objectContaining({ code: 'bad-request', message: expect.stringContaining('stalled') }),
      );
      pool.release(lost, true);
      pool.release(lease, true);
      expect((await pool.lease(false)).instance).toBe(lease.instance);
    } finally {
      vi.useRealTimers();
    }
  });

  it('a pause of the whole process takes no lease away', async () => {
    vi.useFakeTimers();
    try {
      const pool = new DecoderPool(module, 1);
      const held = await pool.lease(false);
      const waiting = pool.lease(false);
      for (let i = 0; i < 3; i++) {
        await vi.advanceTimersByTimeAsync(1_000);
        vi.setSystemTime(Date.now() + 60_000);
        await vi.advanceTimersByTimeAsync(50);
        expect(() => pool.touch(held)).not.toThrow();
      }
      pool.release(held, true);
      await vi.advanceTimersByTimeAsync(50);
      expect((await waiting).instance).toBe(held.instance);
    } finally {
      vi.useRealTimers();
    }
  });

  it('a trapped instance is not used again', async () => {
    const pool = new DecoderPool(module, 1);
    const first = await pool.lease(false);
    pool.release(first, false);
    expect((await pool.lease(false)).instance).not.toBe(first.instance);
  });
});
