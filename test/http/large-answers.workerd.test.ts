// An answer over the limit is refused.
import { expect, test } from 'vitest';
import { answer, jpeg, send } from './worker.ts';

const LAYERS = '/v1/inspect?layer=conv1&format=json';
const inspect = (more = {}) => send(LAYERS, { method: 'POST', body: jpeg }, more);

test('an answer over the limit is refused, with the variable that raises it', async () => {
  const response = await inspect({ MAX_ANSWER_BYTES: '1000' });
  expect(response.status).toBe(413);
  const problem = await answer(response);
  expect(problem.limit).toEqual({ answer_bytes: 1000 });
  expect(problem.detail).toContain('MAX_ANSWER_BYTES');
});
