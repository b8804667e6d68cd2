// The form parser against forms that this file writes (an independent encoder), cut into chunks at any byte.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../../src/errors.ts';
import { multipartBoundary, multipartParts } from '../../../src/http/body/multipart.ts';
import { Upload } from '../../../src/isolate/upload.ts';

const SEED = 2012;
const BOUNDARY = '--x--';

interface File {
  name: string;
  filename: string | undefined;
  bytes: Uint8Array;
}

function encode(files: File[], preamble = ''): Uint8Array {
  const text = (value: string) => Buffer.from(value, 'utf8');
  const quoted = (value: string) => `"${value.replaceAll('"', '%22')}"`;
  return Buffer.concat([
    text(preamble),
    ...files.flatMap(({ name, filename, bytes }) => [
      text(`--${BOUNDARY}\r\nContent-Disposition: form-data; name=${quoted(name)}`),
      text(
        filename === undefined ? '\r\n\r\n' : `; filename=${quoted(filename)}\r\nContent-Type: x/y\r\n\r\n`,
      ),
      bytes,
      text('\r\n'),
    ]),
    text(`--${BOUNDARY}--\r\nepilogue`),
  ]);
}

/** Streams `bytes` in chunks of the given sizes, over and over. `pulled` counts what was asked for. */
function chunked(bytes: Uint8Array, sizes: number[], counter = { pulled: 0 }): Upload {
  let turn = 0;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (counter.pulled >= bytes.length) return controller.close();
        const size = sizes[turn++ % sizes.length] ?? 1;
        controller.enqueue(new Uint8Array(bytes.subarray(counter.pulled, counter.pulled + size)));
        counter.pulled += size;
      },
    },
    { highWaterMark: 0 },
  );
  return new Upload(stream);
}

async function decode(source: Upload): Promise<File[]> {
  const files: File[] = [];
  for await (const { name, filename, body } of multipartParts(source, BOUNDARY))
    files.push({ name, filename, bytes: await body.rest() });
  return files;
}

/** Bytes that look much like the delimiter. */
const nasty = fc
  .array(fc.constantFrom('\r\n', '\r', '\n', '--', '-', 'x', BOUNDARY, `\r\n--${BOUNDARY.slice(0, -1)}`, 'é'))
  .map((parts) => new Uint8Array(Buffer.from(parts.join(''))))
  .filter(
    (bytes) =>
      !Buffer.from(bytes).includes(`\r\n--${BOUNDARY}`) &&
      !Buffer.from(bytes).toString().startsWith(`--${BOUNDARY}`),
  );
const file: fc.Arbitrary<File> = fc.record({
  name: fc.constantFrom('image', 'a "b"', 'ü'),
  filename: fc.constantFrom(undefined, 'a.jpg', 'x;y="z".png'),
  bytes: fc.oneof(fc.uint8Array({ maxLength: 300 }), nasty),
});

describe('multipartParts', () => {
  it('gives back every form, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(file, { maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 }),
        fc.constantFrom('', 'preamble\r\n'),
        async (files, sizes, preamble) => {
          expect(await decode(chunked(encode(files, preamble), sizes))).toEqual(files);
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('refuses every truncation', async () => {
    const whole = encode([{ name: 'image', filename: 'a.jpg', bytes: new Uint8Array(40) }]);
    const end = Buffer.from(whole).lastIndexOf(`--${BOUNDARY}--`) + BOUNDARY.length + 4;
    for (let length = 0; length < end; length++)
      await expect(decode(chunked(whole.subarray(0, length), [7]))).rejects.toThrow(ServiceError);
    expect(await decode(chunked(whole.subarray(0, end), [7]))).toHaveLength(1);
  });

  it('never reads ahead of who reads the part', async () => {
    const chunk = 1000;
    const counter = { pulled: 0 };
    const bytes = new Uint8Array(100 * chunk);
    const parts = multipartParts(
      chunked(encode([{ name: 'a', filename: 'a', bytes }]), [chunk], counter),
      BOUNDARY,
    );
    const { value } = await parts.next();
    if (!value) throw new Error('expected a part');
    for (let read = 0; read < 50 * chunk; ) {
      read += (await value.body.read())?.length ?? 0;
      expect(counter.pulled - read).toBeLessThanOrEqual(2 * chunk);
    }
  });

  it('skips what is left of a part that nobody wants', async () => {
    const bytes = new Uint8Array(5000);
    const source = chunked(
      encode([
        { name: 'a', filename: 'a', bytes },
        { name: 'b', filename: 'b', bytes },
      ]),
      [100],
    );
    const names: string[] = [];
    for await (const { name, body } of multipartParts(source, BOUNDARY)) {
      names.push(name);
      if (name === 'a') await body.cancel();
    }
    expect(names).toEqual(['a', 'b']);
  });

  it('refuses headers without end and parts without a name', async () => {
    const endless = Buffer.from(`--${BOUNDARY}\r\nX: ${'x'.repeat(20_000)}`);
    await expect(decode(chunked(endless, [100]))).rejects.toThrow('part headers of at most 4096 bytes');
    const nameless = Buffer.from(`--${BOUNDARY}\r\nX: y\r\n\r\nabc\r\n--${BOUNDARY}--`);
    await expect(decode(chunked(nameless, [100]))).rejects.toThrow('form-data with a name');
  });
});

describe('multipartBoundary', () => {
  const cases: [string | null, string | undefined][] = [
    [null, undefined],
    ['image/jpeg', undefined],
    ['multipart/form-data; boundary=abc', 'abc'],
    ['Multipart/Form-Data; charset=utf-8; boundary="a b:c"', 'a b:c'],
  ];
  it.each(cases)('%s', (type, boundary) => {
    expect(multipartBoundary(type)).toBe(boundary);
  });
  it('refuses a form without boundary', () => {
    expect(() => multipartBoundary('multipart/form-data')).toThrow('a boundary of 1 to 70 characters');
  });
});
