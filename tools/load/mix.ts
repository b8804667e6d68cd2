// What arrives: uploads of the kinds and shares of real traffic, made at run time from drawn pictures, and a seeded
// sequence of them.
import sharp from 'sharp';
import { photograph } from '../fixtures/photograph.ts';
import { randomNumbers } from '../fixtures/random.ts';

export interface Kind {
  name: string;
  /** Of all requests; the shares of a mix sum to 1. */
  share: number;
  bodies: Buffer[];
  /** Statuses that are right; 429 always is. */
  statuses: number[];
}

const SMALL = { width: 500, height: 375 };

function garbage(bytes: number, seed: number): Buffer {
  const next = randomNumbers(seed);
  return Buffer.from(Uint8Array.from({ length: bytes }, () => next() * 256));
}

/** A JPEG's beginning, then noise: refused only after some decoding. */
function damaged(jpeg: Buffer, seed: number): Buffer {
  const half = Math.floor(jpeg.length / 2);
  return Buffer.concat([jpeg.subarray(0, half), garbage(2_000, seed)]);
}

/** 60 % 500x375 JPEG, 20 % 12 MP JPEG, 10 % PNG, 5 % WebP, 5 % garbage. */
export async function makeMix(): Promise<Kind[]> {
  const large = await photograph(4000, 3000, 7).jpeg({ quality: 85 }).toBuffer();
  const small = await Promise.all(
    [1, 2, 3].map((seed) => photograph(SMALL.width, SMALL.height, seed).jpeg().toBuffer()),
  );
  const [first = large] = small;
  const png = await photograph(800, 600, 4).png().toBuffer();
  const palette = await sharp(png).png({ palette: true }).toBuffer();
  const webp = await photograph(1200, 900, 5).webp().toBuffer();
  return [
    { name: 'jpeg 500x375', share: 0.6, bodies: small, statuses: [200] },
    { name: 'jpeg 12 MP', share: 0.2, bodies: [large], statuses: [200] },
    { name: 'png', share: 0.1, bodies: [png, palette], statuses: [200] },
    { name: 'webp', share: 0.05, bodies: [webp], statuses: [200] },
    {
      name: 'garbage',
      share: 0.05,
      bodies: [garbage(5_000, 1), garbage(200_000, 2), damaged(first, 3), first.subarray(0, 900)],
      statuses: [400, 415, 422],
    },
  ];
}

export interface Upload {
  kind: Kind;
  body: Buffer;
}

/** An endless seeded sequence: kinds by their shares, bodies of a kind in turn. */
export function sequence(mix: Kind[], seed: number): () => Upload {
  const next = randomNumbers(seed);
  let turn = 0;
  return () => {
    let at = next();
    const kind = mix.find(({ share }) => {
      at -= share;
      return at < 0;
    });
    const chosen = kind ?? mix[0];
    const body = chosen?.bodies[turn++ % chosen.bodies.length];
    if (!chosen || !body) throw new RangeError('expected a mix with bodies');
    return { kind: chosen, body };
  };
}
