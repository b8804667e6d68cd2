// Uploads that stall, fail or are cancelled must not cost others their decoder.
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { ServiceError } from '../../src/errors.ts';
import { ImageDecoder } from '../../src/image/decoder.ts';
import { DecoderPool } from '../../src/image/pool.ts';
import { Budget, createShared } from '../../src/isolate/budget.ts';
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
    const decoder = new ImageDecoder(module);
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
    const decoder = new ImageDecoder(module);
    const one = await decoder.decode(file, decodeOptions());
    const many = await Promise.all(Array.from({ length: 9 }, () => decoder.decode(file, decodeOptions())));
    for (const { pixels } of many) expect(difference(pixels, one.pixels).most).toBe(0);
  });

  it('a decoder that went to somebody else is not used again', async () => {
    vi.useFakeTimers();
    const shared = createShared({ memoryBytes: 3 << 20 });
    const [slow, good] = [new Budget(shared), new Budget(shared)];
    try {
      const pool = new DecoderPool(module);
      const lost = await pool.lease(slow);
      slow.holder.waitForClient(0);
      const waiting = pool.lease(good);
      await vi.advanceTimersByTimeAsync(2_000);
      const lease = await waiting;
      expect(lease.instance).not.toBe(lost.instance);
      expect(() => pool.use(lease)).not.toThrow();
      // The client's doing, not the server's.
      expect(() => pool.use(lost)).toThrow(expect.objectContaining({ code: 'too-slow', status: 408 }));
      pool.release(lease, true);
      expect((await pool.lease(good)).instance).toBe(lease.instance);
    } finally {
      slow.finish();
      good.finish();
      vi.useRealTimers();
    }
  });

  it('a trapped instance is not used again', async () => {
    const pool = new DecoderPool(module);
    const first = await pool.lease(undefined);
    pool.release(first, false);
    expect((await pool.lease(undefined)).instance).not.toBe(first.instance);
  });

  it('a trap fails one upload, and the next one is decoded by a fresh instance', async () => {
    const decoder = new ImageDecoder(module);
    const Instance = WebAssembly.Instance;
    const made = vi.spyOn(WebAssembly, 'Instance').mockImplementationOnce(function trapping() {
      const instance = new Instance(module, {});
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
    expect(made.mock.calls).toHaveLength(2);
    made.mockRestore();
  });
});
