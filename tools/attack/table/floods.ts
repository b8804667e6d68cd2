// Many requests that ask for little or nothing, attackers with an address each, and downloads.
import { goodPhoto, smallPhotoJson } from '../payloads.ts';
import { type Attack, asking, head, request, type Script } from '../script.ts';

const CLASSIFY = '/v1/classify';
const MODEL = 'alexnet-ten-classes';
const INSPECT = '/v1/inspect?layer=conv1&format=json';

function flood(name: string, bytes: string, connections = [4, 64, 500]): Attack {
  return { name, connections, scripts: [{ steps: [{ send: bytes }, { answers: 1 }], gapMs: 0 }] };
}

const get = (path: string, lines: string[] = []) => head(path, { method: 'GET', lines });

function unread(name: string, path: string): Attack {
  return {
    name,
    connections: [64, 500],
    scripts: [{ steps: [{ readBytes: 0, everyMs: 1000 }, { send: get(path) }, { hold: true }] }],
  };
}

/** As many scripts as there are connections, so that each has an address of its own. */
function everyAddress(name: string, count: number, script: (from: string) => Script): Attack {
  const addresses = Array.from({ length: count }, (_, i) => `198.51.${100 + (i >> 8)}.${i & 255}`);
  return { name, connections: [count], scripts: addresses.map(script) };
}

export const FLOODS: Attack[] = [
  flood('HEAD of the front page', head('/', { method: 'HEAD' })),
  flood('HEAD of the model', head(`/v1/models/${MODEL}/file`, { method: 'HEAD' })),
  flood('OPTIONS', head(CLASSIFY, { method: 'OPTIONS', lines: ['Origin: https://a.example'] })),
  flood('OPTIONS of nothing', head('/nothing', { method: 'OPTIONS' })),
  flood('filters, without a pause', get(`/v1/models/${MODEL}/filters.png`)),
  flood('the OpenAPI document, without a pause', get('/openapi.json')),
  flood('a model that is not there', get(`/v1/models/${'m'.repeat(4000)}/file`)),
  flood('a wrong token', get('/v1/models', ['Authorization: Bearer wrong'])),
  flood(
    'gzip that is not read',
    head(CLASSIFY, { length: 5, lines: ['Content-Encoding: gzip'] }).concat('hello'),
  ),
];

export const DOWNLOADS: Attack[] = [
  unread('the packed model, not read', `/v1/models/${MODEL}/file`),
  {
    name: 'the packed model, without a pause',
    connections: [4, 64],
    scripts: [{ steps: [{ send: get(`/v1/models/${MODEL}/file`) }, { answers: 1 }], gapMs: 0 }],
    download: true,
  },
  unread('filters, not read', `/v1/models/${MODEL}/filters.png`),
];

/** What one address cannot do, many may try. */
export const CROWDS: Attack[] = [
  everyAddress('silence within a photo, 64 addresses', 64, (from) => ({
    steps: [{ send: head(CLASSIFY, { length: 400_000, from }) }, { send: 'GIF89a' }, { hold: true }],
  })),
  everyAddress('half of a v2 request, 64 addresses', 64, (from) => ({
    steps: [
      { send: head(`/v2/models/${MODEL}/infer`, { length: 1_000_000, from }) },
      { send: '{"inputs":[{"name":"image","data":["' },
      { hold: true },
    ],
  })),
  everyAddress('conv1 as numbers, not read, 64 addresses', 64, (from) => ({
    steps: [{ readBytes: 0, everyMs: 1000 }, { send: request(INSPECT, goodPhoto, [], from) }, { hold: true }],
  })),
  {
    name: 'photos in JSON, 1 MB each',
    connections: [4, 64],
    scripts: [asking(CLASSIFY, smallPhotoJson)],
  },
];
