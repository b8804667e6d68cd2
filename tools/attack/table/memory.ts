// Requests that are small or ordinary on the wire, and large in memory or in the answer.
import {
  BOUNDARY,
  FORM,
  FORM_END,
  filled,
  form,
  formPart,
  gifCanvas,
  inference,
  largeWebp,
} from '../payloads.ts';
import { type Attack, asking, type Bytes } from '../script.ts';

const CLASSIFY = '/v1/classify';
const MODEL = 'alexnet-ten-classes';
const INFER = `/v2/models/${MODEL}/infer`;
const MANY = [1, 4, 64];
const MIB = 1 << 20;
const JSON_BYTES = 12 * MIB;

const pixel = () => gifCanvas(1);

function infer(before: string, unit: string, bytes: number, after: string): () => Buffer {
  return () => filled(before, unit, bytes, after);
}

function hugeJson(name: string, path: string, make: Bytes, statuses: number[], lines?: string[]): Attack {
  return { name, connections: MANY, scripts: [asking(path, make, lines)], statuses };
}

const DATA_INPUT = '{"inputs":[{"name":"data","datatype":"FP32","shape":[1,3,227,227],"data":';

export const MEMORY: Attack[] = [
  {
    name: '16 pictures, the embedding 200 times',
    connections: MANY,
    scripts: [asking(INFER, () => inference(pixel(), 16, 200))],
    statuses: [400],
    short: true,
  },
  {
    name: '16 pictures, every output in JSON',
    connections: MANY,
    scripts: [asking(INFER, () => inference(pixel(), 16, 1))],
    statuses: [200],
  },
  hugeJson('a member whose name is 12 MB', CLASSIFY, infer('{"', 'n', JSON_BYTES - 20, '":1}'), [400]),
  hugeJson('an id of 12 MB', INFER, infer('{"id":"', 'i', JSON_BYTES - 200, '","inputs":[]}'), [400]),
  hugeJson(
    'a shape of a million sizes',
    INFER,
    infer('{"inputs":[{"name":"image","datatype":"BYTES","data":[],"shape":[', '1,', 2 * MIB, '1]}]}'),
    [400],
  ),
  hugeJson(
    'JSON of 24 MB behind Inference-Header-Content-Length',
    INFER,
    infer('{"id":"', 'i', 24_000_000 - 22, '","inputs":[]}'),
    [413],
    ['Inference-Header-Content-Length: 24000000'],
  ),
  hugeJson(
    'data nested 20,000 deep',
    INFER,
    infer(DATA_INPUT, '[', 20_000, `${']'.repeat(20_000)}}]}`),
    [400],
  ),
  ...[CLASSIFY, `/v1/models/${MODEL}:predict`, `/ai/run/${MODEL}`, `/models/${MODEL}`].map((path) =>
    hugeJson(`JSON nested 20,000 deep at ${path}`, path, infer('', '[', 20_000, ']'.repeat(20_000)), [400]),
  ),
  hugeJson('2.4 million numbers', `/ai/run/${MODEL}`, infer('{"image":[', '7,', 4_800_000, '7]}'), [415]),
  hugeJson(
    '12 MB of base64 that is no picture',
    CLASSIFY,
    infer('{"image":"', 'A', JSON_BYTES - 12, '"}'),
    [415],
  ),
  hugeJson('empty arrays', CLASSIFY, infer('[', '[],', JSON_BYTES - 12, '1]'), [413]),
  hugeJson('members without an end', CLASSIFY, infer('{', '"a":1,', 4 * MIB, '"b":1}'), [400]),
  hugeJson('escapes', CLASSIFY, infer('{"image":"', '\\u00e9', 6 * MIB, '"}'), [400]),
  hugeJson(
    'instances without an end',
    `/v1/models/${MODEL}:predict`,
    infer('{"instances":[', '{"b64":""},', 4 * MIB, '{"b64":""}]}'),
    [400],
  ),
  {
    name: 'webp of 4 MP',
    connections: [1, 4, 16, 64],
    scripts: [asking(CLASSIFY, largeWebp)],
    statuses: [200],
  },
  {
    name: 'a form of 100,000 parts',
    connections: MANY,
    scripts: [asking(CLASSIFY, () => form(Buffer.from('x'), 100_000), FORM)],
    statuses: [413],
  },
  {
    name: 'a form of 100,000 fields',
    connections: MANY,
    scripts: [
      asking(CLASSIFY, () => Buffer.from(`${formPart(undefined)}x\r\n`.repeat(100_000) + FORM_END), FORM),
    ],
    statuses: [400],
  },
  {
    name: 'a form with a parameter a thousand times',
    connections: MANY,
    scripts: [
      asking(
        CLASSIFY,
        () => Buffer.from(`${formPart(undefined, 'top_k')}5\r\n`.repeat(1000) + FORM_END),
        FORM,
      ),
    ],
    statuses: [400],
  },
  {
    name: 'a form of 25 MB before its first boundary',
    connections: MANY,
    scripts: [asking(CLASSIFY, () => filled('', `\r\n--${BOUNDARY.repeat(0)}`, 25_000_000, FORM_END), FORM)],
  },
  {
    name: 'a boundary that nearly comes, 5 MB',
    connections: MANY,
    scripts: [
      asking(CLASSIFY, () => filled(`--${'b'.repeat(70)}\r\n`, `\r\n--${'b'.repeat(69)}c`, 5_000_000, ''), [
        `Content-Type: multipart/form-data; boundary=${'b'.repeat(70)}`,
      ]),
    ],
  },
  {
    name: 'file names of 8 kB',
    connections: MANY,
    scripts: [asking(CLASSIFY, () => form(pixel(), 16, 'n'.repeat(8000)), FORM)],
    statuses: [400],
  },
];
