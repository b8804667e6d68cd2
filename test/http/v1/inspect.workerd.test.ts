// Looking inside, against what the other routes say of the same picture, and against pixels that the test knows.
import { decode, encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { jpeg, post, send } from '../worker.ts';

/** The tiny model's input side, and its normalisation's mean, which covers squares. */
const SIZE = 67;
const MEAN = [124, 116, 104];
const SQUARE = 17;

interface Inspection {
  layers: { name: string; type: string; shape: number[]; zeros: number; min: number; max: number }[];
  values?: number[];
}

const pixels = Uint8Array.from(
  { length: SIZE * SIZE * 3 },
  (_, i) => 127 + 120 * Math.sin(i / 40 + (i % 3)) * Math.cos(i / 3111),
);

function pngOf(data: Uint8Array, size = SIZE): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encode({ width: size, height: size, channels: 3, depth: 8, data }));
}
const exact = pngOf(pixels);

async function inspect(query: string, body: BodyInit = exact): Promise<Inspection> {
  const response = await post(`/v1/inspect?${query}`, body);
  expect(response.status).toBe(200);
  return response.json();
}

async function problem(path: string, body: BodyInit = exact): Promise<{ status: number; detail: string }> {
  const response = await post(path, body);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  return response.json();
}

describe('POST /v1/inspect', () => {
  it('takes a picture of the right size as it is, and shows it exactly', async () => {
    const { values } = await inspect('fit=none&layer=input');
    expect(values).toEqual(Array.from(pixels));
    const response = await post('/v1/inspect?fit=none&layer=input&format=png', exact);
    expect(response.headers.get('content-type')).toBe('image/png');
    const shown = decode(await response.arrayBuffer());
    expect([shown.width, shown.height, shown.channels]).toEqual([SIZE, SIZE, 3]);
    expect(Array.from(shown.data)).toEqual(Array.from(pixels));
    const unnamed = await post('/v1/inspect?fit=none', exact, { accept: 'image/png' });
    expect(Array.from(decode(await unnamed.arrayBuffer()).data)).toEqual(Array.from(pixels));
  });

  it('shows an upload as classifying reads it: upright, resized, cropped', async () => {
    const input = await (await post('/v1/inspect?layer=input&format=png', jpeg)).arrayBuffer();
    const again = await inspect('fit=none&layer=prob', input);
    const answer = await post('/v1/classify?top_k=0', jpeg);
    const { predictions } = (await answer.json()) as { predictions: { index: number; score: number }[] };
    for (const { index, score } of predictions) expect(again.values?.[index]).toBe(score);
    const upright = await inspect('layer=input', jpeg);
    const sideways = await inspect('layer=input&exif=ignore', jpeg);
    expect(sideways.values).not.toEqual(upright.values);
  });

  it('has the numbers that classifying has', async () => {
    const answer = await post('/v1/classify?include=logits,embedding', jpeg);
    const known = (await answer.json()) as { logits: number[]; embedding: number[] };
    expect((await inspect('layer=fc8', jpeg)).values).toEqual(known.logits);
    expect((await inspect('layer=fc7', jpeg)).values).toEqual(known.embedding);
  });

  it('describes every layer in order', async () => {
    const { layers, values } = await inspect('');
    expect(values).toBeUndefined();
    expect(layers.map(({ name, shape }) => [name, ...shape])).toEqual([
      ['input', 67, 67, 3],
      ['conv1', 15, 15, 16],
      ['norm1', 15, 15, 16],
      ['pool1', 7, 7, 16],
      ['conv2', 7, 7, 32],
      ['pool2', 3, 3, 32],
      ['fc6', 1, 1, 64],
      ['fc7', 1, 1, 48],
      ['fc8', 1, 1, 10],
      ['prob', 1, 1, 10],
    ]);
    const conv = await inspect('layer=conv2');
    const found = conv.values ?? [];
    expect(found.length).toBe(7 * 7 * 32);
    const { zeros, min, max } = layers[4] ?? {};
    // The picture was resized here, not taken as it is, as in the request above.
    expect({ zeros, min, max }).toEqual({
      zeros: found.filter((value) => value === 0).length / found.length,
      min: Math.min(...found),
      max: Math.max(...found),
    });
  });

  it('tiles the maps: each by its own largest value, row by row', async () => {
    const { values = [] } = await inspect('layer=conv1');
    const response = await post('/v1/inspect?layer=conv1', exact, { accept: 'image/png' });
    expect(response.headers.get('vary')).toContain('Accept');
    const tiles = decode(await response.arrayBuffer());
    expect([tiles.width, tiles.height, tiles.channels]).toEqual([4 * 16 + 1, 4 * 16 + 1, 1]);
    for (let map = 0; map < 16; map++) {
      const own = values.filter((_, i) => i % 16 === map);
      const largest = Math.max(...own) || 1;
      const left = 1 + (map % 4) * 16;
      const top = 1 + Math.floor(map / 4) * 16;
      const shown = own.map((_, i) => tiles.data[(top + Math.floor(i / 15)) * 65 + left + (i % 15)]);
      expect(shown).toEqual(own.map((value) => Math.round((value / largest) * 255)));
    }
  });

  it('makes strips of vectors; negative values are darker than middle grey', async () => {
    const { values = [] } = await inspect('layer=fc8');
    const strip = decode(await (await post('/v1/inspect?layer=fc8&format=png', exact)).arrayBuffer());
    expect(strip.width).toBe(1020);
    const largest = Math.max(...values.map(Math.abs));
    values.forEach((value, i) => {
      expect(strip.data[i * 102 + 50]).toBe(Math.round(128 + (value / largest) * 127));
    });
  });

  it('refuses in words', async () => {
    expect((await problem('/v1/inspect?layer=conv9')).detail).toMatch(
      /^layer: expected input, conv1.*got conv9$/,
    );
    expect((await problem('/v1/inspect?fit=none', jpeg)).detail).toMatch(/67 x 67 pixels, got 120 x 90$/);
    expect((await problem('/v1/inspect?format=gif')).detail).toMatch(/^format: expected png or json/);
    expect((await problem('/v1/inspect', 'no image')).status).toBe(415);
    expect((await send('/v1/inspect')).status).toBe(405);
  });
});

describe('POST /v1/occlusion', () => {
  interface Occlusion {
    class: { index: number; label: string };
    score: number;
    square: number;
    scores: number[];
  }
  const occlude = async (query: string): Promise<Occlusion> =>
    (await post(`/v1/occlusion?fit=none&${query}`, exact)).json();

  it('scores the best class with a square of the mean colour at each position', async () => {
    const found = await occlude('grid=3');
    const whole = (await inspect('fit=none&layer=prob')).values ?? [];
    expect(found.class.index).toBe(whole.indexOf(Math.max(...whole)));
    expect([found.score, found.square, found.scores.length]).toEqual([Math.max(...whole), SQUARE, 9]);
    for (const [position, top, left] of [
      [0, 0, 0],
      [5, 25, 50],
      [8, 50, 50],
    ] as const) {
      const covered = pixels.map((value, i) => {
        const y = Math.floor(i / 3 / SIZE) - top;
        const x = (Math.floor(i / 3) % SIZE) - left;
        return y >= 0 && y < SQUARE && x >= 0 && x < SQUARE ? (MEAN[i % 3] ?? 0) : value;
      });
      const { values = [] } = await inspect('fit=none&layer=prob', pngOf(covered));
      expect(found.scores[position]).toBe(values[found.class.index]);
    }
  });

  it('answers in slices that join', async () => {
    const first = await occlude('grid=5&class=3');
    const second = await occlude('grid=5&class=3&from=15');
    expect([first.class.index, first.scores.length, second.scores.length]).toEqual([3, 15, 10]);
    expect((await occlude('grid=5&class=3&from=10')).scores.slice(0, 5)).toEqual(first.scores.slice(10));
    expect((await occlude('grid=5&class=3&from=10')).scores.slice(5)).toEqual(second.scores);
  });

  it('refuses what does not exist', async () => {
    expect((await problem('/v1/occlusion?grid=3&from=9')).detail).toBe('from: expected less than 9, got 9');
    expect((await problem('/v1/occlusion?class=10')).detail).toBe('class: expected less than 10, got 10');
    expect((await problem('/v1/occlusion?grid=1')).status).toBe(400);
  });
});

describe('GET /v1/models/{name}/filters.png', () => {
  it('is a picture of the right size, of this model only', async () => {
    const response = await send('/v1/models/tiny/filters.png');
    expect(response.headers.get('content-type')).toBe('image/png');
    const { width, height, channels } = decode(await response.arrayBuffer());
    expect([width, height, channels]).toEqual([8 * 48 + 4, 2 * 48 + 4 + 16, 3]);
    expect((await send('/v1/models/other/filters.png')).status).toBe(404);
  });
});
