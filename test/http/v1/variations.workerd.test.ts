// relight, dropout, towers and without as parameters: what the answer carries, that a seed gives the same answer in every
// form of request, and that wrong values are refused by name before the picture is decoded.
import { describe, expect, it } from 'vitest';
import { answer, form, jpeg, post, send } from '../worker.ts';

interface Varied {
  predictions: { index: number; score: number; deviation?: number }[];
  uncertainty?: { samples: number; entropy: number; mutual_information: number };
  logits?: number[];
  known?: number;
}

async function varied(query: string, body: BodyInit = jpeg): Promise<Varied> {
  const response = await post(`/v1/classify?top_k=0&${query}`, body);
  expect(response.status).toBe(200);
  return (await response.json()) as Varied;
}

const scores = ({ predictions }: Varied) =>
  predictions.toSorted((a, b) => a.index - b.index).map(({ score }) => score);

describe('relight and dropout', () => {
  it.each([
    ['dropout=4', 4],
    ['relight=3', 3],
    ['relight=3&crops=10', 3],
    ['relight=2&dropout=3', 6],
    ['relight=2&dropout=3&crops=10', 6],
  ])('%s: the mean of %d answers, and how far they lie apart', async (query, samples) => {
    const { predictions, uncertainty } = await varied(query);
    expect(uncertainty?.samples).toBe(samples);
    expect(predictions.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 5);
    const entropy = predictions.reduce((sum, { score }) => sum - score * Math.log(score), 0);
    expect(uncertainty?.entropy).toBeCloseTo(entropy, 5);
    expect(uncertainty?.mutual_information).toBeGreaterThan(0);
    expect(uncertainty?.mutual_information).toBeLessThan(entropy);
    for (const { deviation } of predictions) expect(deviation).toBeGreaterThan(0);
  });

  it('without them there is nothing of the kind', async () => {
    const { predictions, uncertainty } = await varied('crops=10');
    expect(uncertainty).toBeUndefined();
    expect(predictions.every((prediction) => !('deviation' in prediction))).toBe(true);
  });

  it('is the same for a seed, whatever the form of the request', async () => {
    const query = 'relight=2&dropout=3&seed=5';
    const first = await varied(query);
    expect(await varied(query)).toMatchObject({ predictions: first.predictions });
    expect((await varied(query, form({ 'a.jpg': jpeg }))).predictions).toEqual(first.predictions);
    expect((await varied('relight=2&dropout=3&seed=6')).predictions).not.toEqual(first.predictions);
    const zero = await varied('dropout=3&seed=0');
    expect((await varied('dropout=3')).predictions).toEqual(zero.predictions);
  });

  it('files of a form get each what they would get alone', async () => {
    const alone = await varied('dropout=3');
    const both = await answer(post('/v1/classify?top_k=0&dropout=3', form({ 'a.jpg': jpeg, 'b.jpg': jpeg })));
    for (const result of both.results ?? []) expect(result.predictions).toEqual(alone.predictions);
  });

  it('the fields of a form come before its first file', async () => {
    const data = form({ 'a.jpg': jpeg });
    data.append('dropout', '4');
    expect(await answer(post('/v1/classify', data))).toMatchObject({ status: 400, parameter: 'dropout' });
  });

  it('all together keep inside of the budget of a request', async () => {
    const refused = await answer(post('/v1/classify?crops=10&relight=16&dropout=32', jpeg));
    expect(refused).toMatchObject({ status: 413, limit: { work_ms: 1500 } });
    const most = await send(
      '/v1/classify?crops=10&relight=16&dropout=32',
      { method: 'POST', body: jpeg },
      { MAX_WORK_MS: '6401' },
    );
    expect(most.status).toBe(200);
  });
});

describe('towers and without', () => {
  it('one tower says something else than both', async () => {
    const [one, two, both, none] = await Promise.all(
      ['towers=1', 'towers=2', 'towers=both', ''].map((query) => varied(query)),
    );
    expect(both).toMatchObject({ predictions: none?.predictions });
    expect(one?.predictions).not.toEqual(both?.predictions);
    expect(two?.predictions).not.toEqual(both?.predictions);
    expect(two?.predictions).not.toEqual(one?.predictions);
  });

  it('a tower is the other half of the maps switched off', async () => {
    const half = Array.from({ length: 16 }, (_, i) => 16 + i).join(',');
    const tower = await varied('towers=1&after=conv2');
    expect(scores(await varied(`without=conv2:${half}`))).toEqual(scores(tower));
  });

  it('goes with dropout, crops and light', async () => {
    const all = 'crops=10&relight=2&dropout=2';
    expect(scores(await varied(`${all}&towers=2`))).not.toEqual(scores(await varied(all)));
  });

  it('/v1/inspect shows the silence', async () => {
    const response = await post('/v1/inspect?layer=conv2&without=conv2:0,7', jpeg);
    const { values, predictions } = (await response.json()) as Varied & { values: number[] };
    expect(values.some((_, i) => i % 32 === 1 && values[i] !== 0)).toBe(true);
    expect(values.every((value, i) => ![0, 7].includes(i % 32) || value === 0)).toBe(true);
    const classified = (await varied('without=conv2:0,7')).predictions;
    expect(predictions).toEqual(classified.slice(0, predictions.length));
  });
});

describe('refused by name', () => {
  it.each([
    ['relight', '0', '1 to 16'],
    ['relight', '17', '1 to 16'],
    ['relight', '-1', '1 to 16'],
    ['dropout', '1', '2 to 32'],
    ['dropout', '33', '2 to 32'],
    ['dropout', '2.5', '2 to 32'],
    ['seed', '-1', '0 to 999999999'],
    ['seed', '1e3', '0 to 999999999'],
    ['towers', '3', '1, 2 or both'],
    ['after', 'conv1', 'together with towers'],
    ['without', 'conv9:1', 'conv1, norm1, pool1, conv2, pool2, fc6, fc7'],
    ['without', 'fc8:1', 'conv1, norm1, pool1, conv2, pool2, fc6, fc7'],
    ['without', 'conv1:16', 'channels of conv1 from 0 to 15'],
    ['without', 'conv1', 'layers and their channels'],
    ['without', 'conv1:1,', 'layers and their channels'],
  ])('%s=%s', async (parameter, value, expected) => {
    const refused = await answer(post(`/v1/classify?${parameter}=${value}`, jpeg));
    expect(refused).toMatchObject({ status: 400, parameter });
    expect(refused.detail).toContain(expected);
  });

  it('after=prob', async () => {
    const refused = await answer(post('/v1/classify?towers=1&after=prob', jpeg));
    expect(refused).toMatchObject({ status: 400, parameter: 'after' });
    const inside = await answer(post('/v1/inspect?towers=1&after=nothing', jpeg));
    expect(inside).toMatchObject({ status: 400, parameter: 'after' });
  });
});
