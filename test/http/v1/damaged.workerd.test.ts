// A JPEG with garbage between its segments, on every way into the service: read with a warning, or refused.
import { createExecutionContext, env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { Classifier } from '../../../src/index.ts';
import { answer, expectedPredictions, form, jpeg, post, postJson } from '../worker.ts';

/** Behind the first segment. */
function withGarbage(): Uint8Array<ArrayBuffer> {
  const at = 4 + ((jpeg[4] ?? 0) << 8) + (jpeg[5] ?? 0);
  return Uint8Array.from([...jpeg.subarray(0, at), 1, 2, 3, ...jpeg.subarray(at)]);
}

const file = withGarbage();
const json = { image: file.toBase64() };

const ways: [string, (damaged: string) => Promise<Response>][] = [
  ['a raw body', (damaged) => post(`/v1/classify?top_k=0${damaged && `&damaged=${damaged}`}`, file)],
  ['JSON', (damaged) => postJson(`/v1/classify?top_k=0${damaged && `&damaged=${damaged}`}`, json)],
  [
    'a form',
    (damaged) => post(`/v1/classify?top_k=0${damaged && `&damaged=${damaged}`}`, form([['a.jpg', file]])),
  ],
];

describe.each(ways)('%s', (_, send) => {
  it.each(['', 'accept'])('is read with a warning: damaged=%s', async (damaged) => {
    const { image, predictions } = await answer(send(damaged));
    expect(image).toEqual({
      format: 'jpeg',
      width: 120,
      height: 90,
      orientation: 6,
      warnings: ['stray-bytes'],
    });
    expect(predictions).toEqual(await expectedPredictions());
  });

  it('is refused', async () => {
    const response = await send('refuse');
    expect(response.status).toBe(422);
    expect((await answer(response)).detail).toMatch(/stray-bytes/);
  });
});

it('a field of a form, before the first file', async () => {
  const fields = new FormData();
  fields.append('damaged', 'refuse');
  fields.append('file', new File([file], 'a.jpg'));
  expect((await post('/v1/classify', fields)).status).toBe(422);
  const late = new FormData();
  late.append('file', new File([file], 'a.jpg'));
  late.append('damaged', 'refuse');
  const response = await post('/v1/classify', late);
  expect(response.status).toBe(400);
  expect((await answer(response)).parameter).toBe('damaged');
});

it('through RPC', async () => {
  const direct = new Classifier(createExecutionContext(), env);
  expect((await direct.classify(file)).image).toMatchObject({ warnings: ['stray-bytes'] });
  await expect(direct.classify(file, { damaged: 'refuse' })).rejects.toMatchObject({ code: 'damaged-image' });
});

it('looking inside', async () => {
  expect((await answer(post('/v1/inspect', file))).image).toMatchObject({ warnings: ['stray-bytes'] });
  expect((await post('/v1/inspect?damaged=refuse', file)).status).toBe(422);
  expect((await post('/v1/occlusion?damaged=refuse', file)).status).toBe(422);
});

it('HEIC: the caller is told what he can do, the log what the operator can', async () => {
  const heic = Uint8Array.from([0, 0, 0, 24, ...Buffer.from('ftypheic\0\0\0\0mif1heic')]);
  const { status, detail } = await answer(post('/v1/classify', heic));
  expect(status).toBe(415);
  expect(detail).toMatch(/HEIC is not read here.*send the photo as JPEG/);
  expect(detail).not.toMatch(/IMAGES/);
});
