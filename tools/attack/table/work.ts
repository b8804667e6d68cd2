// Requests that cost much CPU for the bytes that they are.
import {
  bmpCanvas,
  bmpRows,
  FORM,
  form,
  gifCanvas,
  goodPhoto,
  jpegCanvas,
  largeJpeg,
  pngCanvas,
} from '../payloads.ts';
import { type Attack, asking } from '../script.ts';

const CLASSIFY = '/v1/classify';
const MANY = [1, 4, 64];

export const WORK: Attack[] = [
  {
    name: 'gif of 35 bytes, canvas of 100 MP',
    connections: [...MANY, 500],
    scripts: [asking(CLASSIFY, () => gifCanvas())],
  },
  { name: 'empty RLE bmp of 100 MP', connections: MANY, scripts: [asking(CLASSIFY, bmpCanvas)] },
  {
    name: 'form of 16 such gifs, crops=10',
    connections: [1, 4, 30, 64],
    scripts: [asking(`${CLASSIFY}?crops=10`, () => form(gifCanvas(), 16), FORM)],
  },
  {
    name: 'form of 16 good photos, crops=10',
    connections: MANY,
    scripts: [asking(`${CLASSIFY}?crops=10`, async () => form(await goodPhoto(), 16), FORM)],
  },
  {
    name: 'form of 16 pngs of 100 MP',
    connections: MANY,
    scripts: [asking(CLASSIFY, () => form(pngCanvas(), 16), FORM)],
  },
  {
    name: '400 rows of a bmp of 100 MP',
    connections: MANY,
    scripts: [asking(CLASSIFY, () => bmpRows(10_000, 400))],
  },
  {
    name: 'form of 16 such bmps',
    connections: MANY,
    scripts: [asking(CLASSIFY, () => form(bmpRows(10_000, 20), 16), FORM)],
  },
  {
    name: 'form of 16 bmps of 4 MP',
    connections: MANY,
    scripts: [asking(CLASSIFY, () => form(bmpRows(2_000, 4), 16), FORM)],
  },
  {
    name: 'form of one gif, crops=10',
    connections: MANY,
    scripts: [asking(`${CLASSIFY}?crops=10`, () => form(gifCanvas(1), 1), FORM)],
    statuses: [200],
  },
  { name: 'png of 100 MP', connections: MANY, scripts: [asking(CLASSIFY, pngCanvas)] },
  { name: 'jpeg of 100 MP', connections: MANY, scripts: [asking(CLASSIFY, () => jpegCanvas(false))] },
  {
    name: 'progressive jpeg of 100 MP',
    connections: MANY,
    scripts: [asking(CLASSIFY, () => jpegCanvas(true))],
  },
  { name: 'jpeg of 12 MP', connections: [...MANY, 500], scripts: [asking(CLASSIFY, largeJpeg)] },
  {
    name: 'occlusion, finest grid',
    connections: MANY,
    scripts: [asking('/v1/occlusion?grid=15', goodPhoto)],
  },
  {
    name: 'good photos without a pause',
    connections: [4, 64, 500],
    scripts: [asking(CLASSIFY, goodPhoto)],
  },
  {
    name: 'what is no picture, without a pause',
    connections: [64, 500],
    scripts: [asking(CLASSIFY, 'this is no picture')],
  },
];
