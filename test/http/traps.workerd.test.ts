// A kernel or a decoder that traps: that request gets a 500 with its id, the instance is replaced, the next succeeds.
import { expect, test, vi } from 'vitest';
import { Engine } from '../../src/engine/engine.ts';
import { DecoderInstance } from '../../src/image/instance.ts';
import { answer, jpeg, logged, post } from './worker.ts';

function trap(): never {
  throw new WebAssembly.RuntimeError('memory access out of bounds');
}

const CASES = [
  ['a kernel', 'engine-trap', () => vi.spyOn(Engine.prototype, 'run').mockImplementationOnce(trap)],
  [
    'a decoder',
    'decoder-trap',
    () => vi.spyOn(DecoderInstance.prototype, 'write').mockImplementationOnce(trap),
  ],
] as const;

test.each(CASES)('%s', async (_, code, breakOnce) => {
  const before = await answer(post('/v1/classify?top_k=0', jpeg));
  const broken = breakOnce();
  const response = await post('/v1/classify', jpeg);
  broken.mockRestore();
  expect(response.status).toBe(500);
  const problem = await answer(response);
  expect(problem.type).toBe(`urn:alexnet-edge:problem:${code}`);
  expect(problem.request_id).toBe(response.headers.get('x-request-id'));
  expect(JSON.stringify(problem)).not.toContain('out of bounds');
  const line = logged.find((text) => text.includes('"message":"error"') && text.includes(problem.request_id));
  expect(line).toContain('memory access out of bounds');
  const after = await post('/v1/classify?top_k=0', jpeg);
  expect(after.status).toBe(200);
  expect((await answer(after)).predictions).toEqual(before.predictions);
});

test('of several requests at once only the one that trapped fails', async () => {
  const broken = vi.spyOn(Engine.prototype, 'run').mockImplementationOnce(trap);
  const statuses = await Promise.all(
    Array.from({ length: 5 }, async () => (await post('/v1/classify', jpeg)).status),
  );
  broken.mockRestore();
  expect(statuses.sort()).toEqual([200, 200, 200, 200, 500]);
});
