import { describe, expect, it } from 'vitest';
import { jpeg, send } from './worker.ts';

describe('POST /v1/classify', () => {
  it('answers with the model, the image and five classes, best first', async () => {
    const response = await send('/v1/classify', { method: 'POST', body: jpeg });
    const text = await response.text();
    console.log(text, Object.fromEntries(response.headers));
    expect(response.status).toBe(200);
  });
});
