// Where people stumble: fields in a form, curl -d, compressed bodies, base64 as text.
import { describe, expect, it } from 'vitest';
import { answer, expectedPredictions, form, jpeg, jpegBase64, png, post, postJson } from '../worker.ts';

type Field = [name: string, value: string | Uint8Array<ArrayBuffer>, filename?: string];

function formOf(fields: Field[]): FormData {
  const data = new FormData();
  for (const [name, value, filename] of fields)
    if (typeof value === 'string') data.append(name, value);
    else data.append(name, new Blob([value]), filename ?? 'a.jpg');
  return data;
}

describe('a form', () => {
  it('may have a button, a token and an empty file input', async () => {
    const fields: Field[] = [
      ['csrf', 'abc'],
      ['image', new Uint8Array(0), ''],
      ['image', jpeg],
      ['submit', 'Send'],
    ];
    const { predictions } = await answer(post('/v1/classify', formOf(fields)));
    expect(predictions).toEqual((await expectedPredictions()).slice(0, 5));
  });

  it('may set the parameters, before or after the files', async () => {
    const before = await answer(
      post(
        '/v1/classify',
        formOf([
          ['top_k', '2'],
          ['image', jpeg],
        ]),
      ),
    );
    const after = await answer(
      post(
        '/v1/classify',
        formOf([
          ['image', jpeg],
          ['top_k', '2'],
        ]),
      ),
    );
    expect(before.predictions).toEqual((await expectedPredictions()).slice(0, 2));
    expect(after.predictions).toEqual(before.predictions);
    const both = (fields: Field[]) => formOf([...fields, ['image', jpeg, 'a.jpg'], ['image', png, 'b.png']]);
    const ten = await answer(post('/v1/classify', both([['crops', '10']])));
    const same = await answer(post('/v1/classify?crops=10', both([])));
    expect(ten.results).toHaveLength(2);
    expect(ten.results).toEqual(same.results);
  });

  it.each<[string, string, Field[], RegExp]>([
    [
      'a wrong value',
      '',
      [
        ['top_k', 'x'],
        ['image', jpeg],
      ],
      /top_k: expected a whole number/,
    ],
    [
      'a wrong value after the file',
      '',
      [
        ['image', jpeg],
        ['top_k', 'x'],
      ],
      /top_k: expected a whole number/,
    ],
    [
      'the same in query and form',
      '?top_k=1',
      [
        ['top_k', '2'],
        ['image', jpeg],
      ],
      /field top_k: expected once/,
    ],
    [
      'the same twice',
      '',
      [
        ['top_k', '2'],
        ['top_k', '2'],
        ['image', jpeg],
      ],
      /field top_k: expected once/,
    ],
    [
      'crops after a file',
      '',
      [
        ['image', jpeg],
        ['crops', '10'],
      ],
      /crops: expected before the first file/,
    ],
    ['101 fields', '', [...Array(101).fill(['x', 'y']), ['image', jpeg]], /at most 100 fields/],
    ['fields alone', '', [['top_k', '2']], /at least one file/],
  ])('refuses %s', async (_, search, fields, detail) => {
    const response = await post(`/v1/classify${search}`, formOf(fields));
    expect(response.status).toBe(400);
    expect((await answer(response)).error).toMatch(detail);
  });

  it('still gives each of several files its own result', async () => {
    const { results = [] } = await answer(post('/v1/classify', form({ 'a.jpg': jpeg, 'b.png': png })));
    expect(results.map(({ file }) => file)).toEqual(['a.jpg', 'b.png']);
  });
});

describe('curl', () => {
  const curl = { 'content-type': 'application/x-www-form-urlencoded' };

  it('-d @photo.jpg is told what to use', async () => {
    const stripped = jpeg.filter((byte) => ![0, 10, 13].includes(byte));
    const response = await post('/v1/classify', stripped, curl);
    expect([415, 422]).toContain(response.status);
    expect((await answer(response)).error).toMatch(/use --data-binary @photo.jpg/);
  });

  it('--data-binary @photo.jpg works with the same type', async () => {
    expect((await post('/v1/classify', jpeg, curl)).status).toBe(200);
  });

  it('another type gets no such advice', async () => {
    const { error } = await answer(post('/v1/classify', jpeg.slice(0, 400)));
    expect(error).not.toContain('curl');
  });
});

it.each(['gzip', 'br', 'deflate'])('a body in %s is 415, with Accept-Encoding', async (encoding) => {
  const response = await post('/v1/classify', jpeg, { 'content-encoding': encoding });
  expect([response.status, response.headers.get('accept-encoding')]).toEqual([415, 'identity']);
  expect((await answer(response)).type).toBe('urn:alexnet-edge:problem:unsupported-encoding');
});

describe('base64 as text', () => {
  const lines = jpegBase64.replace(/.{76}/g, '$&\r\n');
  it.each([
    ['one line', jpegBase64],
    ['lines of 76', lines],
    ['a data: URL', `data:image/jpeg;base64,${jpegBase64}`],
    ['PNG', btoa(String.fromCharCode(...png))],
  ])('%s is read', async (name, body) => {
    const expected = await answer(post('/v1/classify', name === 'PNG' ? png : jpeg));
    for (const type of ['text/plain', 'application/octet-stream']) {
      const { predictions } = await answer(post('/v1/classify', body, { 'content-type': type }));
      expect(predictions).toEqual(expected.predictions);
    }
    expect(await (await post('/models/tiny', body)).json()).toEqual(
      await (await post('/models/tiny', name === 'PNG' ? png : jpeg)).json(),
    );
  });

  it('what only begins like it is explained', async () => {
    const response = await post('/v1/classify', '/9j/&&&');
    expect(response.status).toBe(400);
    expect((await answer(response)).error).toMatch(/body: expected base64/);
  });

  it('an address in `image` is told where to go', async () => {
    const { error } = await answer(postJson('/v1/classify', { image: 'https://photos.example/a.jpg' }));
    expect(error).toMatch(/goes into the member url/);
  });
});
