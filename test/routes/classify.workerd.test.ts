import { describe, expect, it } from 'vitest';
import { jpeg, png, send } from './worker.ts';

describe('POST /v1/classify', () => {
  it('answers with the model, the image and five classes, best first', async () => {
    const response = await send('/v1/classify', { method: 'POST', body: jpeg });
    const text = await response.text();
    console.log(text, Object.fromEntries(response.headers));
    expect(response.status).toBe(200);
    const d = await send('/openapi.json');
    console.log(await d.text());
    const form = new FormData();
    form.append('a', new Blob([jpeg]), 'a.jpg');
    form.append('a', new Blob(['hello']), 'b.jpg');
    form.append('a', new Blob([png]), 'c.jpg');
    const r = await send('/v1/classify?top_k=1', { method: 'POST', body: form });
    console.log(await r.text());
  });
});
