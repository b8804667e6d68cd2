// The model's file from some byte on: out of buckets that fail for a range beyond the end, as R2 does, and that do not.
import { expect, test } from 'vitest';
import { ServiceError } from '../../src/errors.ts';
import { openModelFile } from '../../src/model/file.ts';

const BYTES = new Uint8Array([1, 2, 3, 4]);

/** @param strict whether a range beyond the end is an error @param broken whether every range is */
function bucket(strict: boolean, broken = false): R2Bucket {
  const get = async (_key: string, options: { range?: { offset: number } } = {}) => {
    const offset = options.range?.offset ?? 0;
    if (options.range && (broken || (strict && offset >= BYTES.length)))
      throw new Error('get: range (10039)');
    return { body: new Response(BYTES.slice(offset)).body, size: BYTES.length, etag: 'e' };
  };
  return { get } as unknown as R2Bucket;
}

const open = (MODELS: R2Bucket, from: number) => openModelFile({ MODELS, MODEL: 'm' }, from);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'opened',
    (error: unknown) => (error instanceof ServiceError ? error.code : String(error)),
  );

test.each([true, false])('from some byte on, strict %s', async (strict) => {
  for (const from of [0, 1, 3]) {
    const { body, bytes } = await open(bucket(strict), from);
    expect(bytes).toBe(4);
    expect(await new Response(body).bytes()).toEqual(BYTES.slice(from));
  }
  for (const from of [4, 5, 1e11]) expect(await codeOf(open(bucket(strict), from))).toBe('range-beyond-end');
});

test('a range that fails within the file is not answered with other bytes', async () => {
  expect(await codeOf(open(bucket(true, true), 2))).toBe('model-missing');
});
