// The picture that stands for the page where its address is shared (`og:image`): a photo on its way through the two
// towers, after the paper's figure 2. Edges of the sample photo, found in as many directions, fill the first two volumes.
// JPEG of 1200 x 630, half the bytes of a PNG, without words: what is shared with it says them.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';

const WIDTH = 1200;
const HEIGHT = 630;
const SAMPLE = path.join(import.meta.dirname, '../../src/page/samples/church.jpg');
const GROUND = '#14161a';
const LINE = '#93b7ff';
const FACE = '#2c4680';
const MARK = '#ffd21f';

interface Volume {
  /** Left edge, and side of a tower's face. */
  x: number;
  side: number;
  /** Pictures across and down a tower's face; 0: dense. */
  across: number;
  down: number;
}

/** Side and number of maps as in the paper: 55 x 55 x 48, 27 x 27 x 128, 13 x 13 x 192 a tower, then 2048. */
const VOLUMES: Volume[] = [
  { x: 400, side: 216, across: 8, down: 6 },
  { x: 640, side: 172, across: 16, down: 8 },
  { x: 834, side: 96, across: 0, down: 0 },
  { x: 934, side: 96, across: 0, down: 0 },
  { x: 1034, side: 80, across: 0, down: 0 },
];
const TOWERS = [HEIGHT / 2 - 128, HEIGHT / 2 + 128];

/** Weights of 3 x 3 that find edges across a direction. */
function edgeKernel(angle: number): number[] {
  return [-1, 0, 1].flatMap((y) => [-1, 0, 1].map((x) => Math.cos(angle) * x + Math.sin(angle) * y));
}

/** The photo's edges in one direction, as a `data:` address. */
async function edges(photo: Buffer, angle: number, size: number): Promise<string> {
  const png = await sharp(photo)
    .resize(size * 2, size * 2)
    .greyscale()
    .convolve({ width: 3, height: 3, kernel: edgeKernel(angle), scale: 1 })
    .resize(size, size)
    .linear(1.8, 0)
    .png()
    .toBuffer();
  return `data:image/png;base64,${png.toString('base64')}`;
}

function face({ x, side }: Volume, y: number): string {
  const top = y - side / 2;
  const depth = 10;
  return (
    `<path d="M${x} ${top}l${depth} -${depth}h${side}v${side}l-${depth} ${depth}z" fill="#3a3f47"/>` +
    `<rect x="${x}" y="${top}" width="${side}" height="${side}" fill="${FACE}" stroke="${LINE}"/>`
  );
}

function tiles({ x, side, across, down }: Volume, y: number, pictures: readonly string[]): string {
  const width = side / across;
  const height = side / down;
  return Array.from({ length: across * down }, (_, i) => {
    const left = x + (i % across) * width;
    const top = y - side / 2 + Math.floor(i / across) * height;
    return `<image href="${pictures[i % pictures.length]}" x="${left}" y="${top}" width="${width}" height="${height}" preserveAspectRatio="none"/>`;
  }).join('');
}

/** The JPEG's bytes. */
export async function sharedPicture(): Promise<Uint8Array> {
  const photo = await sharp(await readFile(SAMPLE))
    .resize(320, 320)
    .jpeg({ quality: 90 })
    .toBuffer();
  const directions = Array.from({ length: 13 }, (_, i) => (2 * Math.PI * i) / 13);
  const pictures = await Promise.all(directions.map((angle) => edges(photo, angle, 48)));
  const wires = TOWERS.map(
    (y) => `<path d="M350 ${HEIGHT / 2}L400 ${y}H1160" stroke="${LINE}" stroke-width="2" fill="none"/>`,
  );
  const volumes = TOWERS.flatMap((y) =>
    VOLUMES.map((volume) => face(volume, y) + (volume.across > 0 ? tiles(volume, y, pictures) : '')),
  );
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">` +
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="${GROUND}"/>${wires.join('')}${volumes.join('')}` +
    `<rect x="1140" y="${HEIGHT / 2 - 200}" width="20" height="400" fill="${LINE}"/>` +
    `<image href="data:image/jpeg;base64,${photo.toString('base64')}" x="40" y="${HEIGHT / 2 - 160}" width="320" height="320"/>` +
    `<rect x="40" y="${HEIGHT / 2 - 160}" width="320" height="320" fill="none" stroke="${MARK}" stroke-width="4"/></svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 75, mozjpeg: true }).toBuffer();
}
