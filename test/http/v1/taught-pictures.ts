// Small pictures that differ, in classes that a network of random weights can tell apart: stripes of two directions and
// noise, as PNG.
import { encode } from 'fast-png';
import { randomNumbers } from '../../../tools/fixtures/random.ts';

const SIDE = 48;

/** The pictures `from` to `from + count` of a class. */
export function pictures(kind: number, from: number, count: number): Uint8Array<ArrayBuffer>[] {
  return Array.from({ length: count }, (_, i) => {
    const next = randomNumbers(1 + kind * 1_000 + from + i);
    const phase = next() * 8;
    const data = new Uint8Array(SIDE * SIDE * 3);
    for (let y = 0; y < SIDE; y++)
      for (let x = 0; x < SIDE; x++) {
        const along = [x, y, x + y][kind % 3] ?? 0;
        const stripe = Math.sin((along + phase) * 0.6) > 0 ? 200 : 40;
        for (let c = 0; c < 3; c++) data[(y * SIDE + x) * 3 + c] = stripe + next() * 50;
      }
    return new Uint8Array(encode({ width: SIDE, height: SIDE, data, channels: 3 }));
  });
}
