// Photos for a bucket: files of every format that is read, some broken, under keys with every odd character; and the
// job routes as a test calls them.
import { photograph } from '../../tools/fixtures/photograph.ts';
import type { LocalWorker } from '../../tools/workers/local-worker.ts';
import { encodeBmp } from '../support/encode-bmp.ts';
import { encodeGif } from '../support/encode-gif.ts';

export interface StoredPhoto {
  key: string;
  bytes: Uint8Array;
  broken: boolean;
}

/** What keys may hold. */
export const ODD_KEYS = [
  'Ordner/ä ö+%20?&#"<>\\.jpg',
  '../..//.',
  'new\nline\r\ttab.jpg',
  'nul\u0001control.jpg',
  'photo \ud83d\udcf7.jpg',
  ' ',
  'quote\'"`$(echo).jpg',
  'comma,semicolon;.jpg',
  'results/not-ours.ndjson',
  'x'.repeat(1024),
];

async function goodFiles(): Promise<Uint8Array[]> {
  const photo = (seed: number) => photograph(500, 375, seed);
  const pixels = Array.from({ length: 64 * 48 }, (_, i) => (i * 70_001) % 16_777_216);
  return Promise.all([
    photo(1).jpeg({ quality: 80 }).toBuffer(),
    photo(2).jpeg({ quality: 90, progressive: true }).toBuffer(),
    photo(3).jpeg({ quality: 70, chromaSubsampling: '4:4:4' }).toBuffer(),
    photo(4).grayscale().jpeg().toBuffer(),
    photo(5).png({ compressionLevel: 3 }).toBuffer(),
    photo(6).webp({ quality: 80 }).toBuffer(),
    photo(7).resize(200, 150).webp({ lossless: true }).toBuffer(),
    photo(8).resize(160, 120).gif().toBuffer(),
    photo(9).resize(1200, 900).jpeg().toBuffer(),
    encodeBmp({ width: 64, height: 48, bits: 24, pixels }),
    encodeGif({
      width: 40,
      height: 30,
      frame: { left: 0, top: 0, width: 40, height: 30 },
      pixels: Array.from({ length: 1200 }, (_, i) => i % 4),
      bits: 2,
      globalPalette: [0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255],
    }),
  ]);
}

/** So many photos, one of a hundred broken, at least four. */
export async function somePhotos(count: number): Promise<StoredPhoto[]> {
  const good = await goodFiles();
  const [jpeg = new Uint8Array(0)] = good;
  const broken = [
    new TextEncoder().encode('this is no image'),
    jpeg.subarray(0, 4_000),
    new Uint8Array(0),
    Uint8Array.from({ length: 5_000 }, (_, i) => (i * 31) % 256),
  ];
  const every = Math.min(100, Math.floor(count / broken.length));
  return Array.from({ length: count }, (_, i): StoredPhoto => {
    const isBroken = i % every === every - 1;
    const files = isBroken ? broken : good;
    const at = isBroken ? Math.floor(i / every) : i;
    return {
      key: `photos/${ODD_KEYS[i] ?? `${String(i).padStart(5, '0')}.jpg`}`.slice(0, 1024),
      bytes: files[at % files.length] ?? jpeg,
      broken: isBroken,
    };
  });
}

export interface Line {
  key: string;
  etag?: string;
  predictions?: { label: string; score: number }[];
  problem?: { type: string; status: number; detail: string };
  embedding?: number[];
  duplicate_of?: { key: string; distance: number };
}

export interface Status {
  id: string;
  state: string;
  listed: number;
  queued: number;
  done: number;
  failed: number;
  rate: number;
  eta: number | null;
  problem: string | null;
}

const TOKEN = 'writer';
export const TOKENS = { WRITE_TOKENS: TOKEN };
const headers = { authorization: `Bearer ${TOKEN}` };

export class JobsClient {
  readonly #url: URL;

  constructor({ url }: Pick<LocalWorker, 'url'>) {
    this.#url = url;
  }

  ask(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(new URL(path, this.#url), { headers, ...init });
  }

  async make(parameters: object): Promise<string> {
    const response = await this.ask('/v1/jobs', { method: 'POST', body: JSON.stringify(parameters) });
    const text = await response.text();
    if (response.status !== 202) throw new Error(`expected 202, got ${response.status}: ${text}`);
    return (JSON.parse(text) as Status).id;
  }

  async status(id: string): Promise<Status> {
    return (await (await this.ask(`/v1/jobs/${id}`)).json()) as Status;
  }

  /** Waits until the job stands like that. Throws after so many looks, a quarter of a second each. */
  async until(
    id: string,
    reached: (status: Status) => boolean | Promise<boolean>,
    looks = 1_200,
  ): Promise<Status> {
    let status = await this.status(id);
    for (let look = 0; !(await reached(status)); look++) {
      if (look === looks) throw new Error(`job ${id}: still ${JSON.stringify(status)}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
      status = await this.status(id);
    }
    return status;
  }

  async results(id: string, search = ''): Promise<Line[]> {
    const response = await this.ask(`/v1/jobs/${id}/results${search}`);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`expected 200, got ${response.status}: ${text}`);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  }
}
