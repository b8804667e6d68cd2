// Bodies that are small on the wire and large behind it, or simply large: pictures whose canvas costs nothing to send,
// forms, JSON. Each is made when it is first needed.
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { photograph } from '../fixtures/photograph.ts';

/** 100 MP, the most that is decoded with default settings. */
const SIDE = 10_000;

/** 35 bytes: one pixel on a canvas of 100 MP. */
export function gifCanvas(side = SIDE): Buffer {
  const screen = Buffer.from('GIF89a\0\0\0\0\x80\0\0\0\0\0\xff\xff\xff', 'latin1');
  screen.writeUInt16LE(side, 6);
  screen.writeUInt16LE(side, 8);
  const frame = [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0];
  return Buffer.concat([screen, Buffer.from([...frame, 2, 2, 0x44, 1, 0, 0x3b])]);
}

/** 100 MP of run-length coded pixels, of which there is none. */
export function bmpCanvas(): Buffer {
  const file = Buffer.alloc(14 + 40 + 8 + 2);
  file.write('BM');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(62, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(SIDE, 18);
  file.writeInt32LE(SIDE, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(8, 28);
  file.writeUInt32LE(1, 30);
  file.writeUInt32LE(2, 46);
  file[63] = 1;
  return file;
}

function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** 100 MP of grey zeros in 100 kB. */
export function pngCanvas(): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIDE);
  header.writeUInt32BE(SIDE, 4);
  header[8] = 8;
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(Buffer.alloc((SIDE + 1) * SIDE))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** 100 MP of one colour. */
export function jpegCanvas(progressive: boolean): Promise<Buffer> {
  const create = { width: SIDE, height: SIDE, channels: 3 as const, background: '#777' };
  return sharp({ create, limitInputPixels: false }).jpeg({ progressive }).toBuffer();
}

/** The largest that is decoded here. */
export function largeWebp(): Promise<Buffer> {
  return photograph(2000, 2000, 3).webp().toBuffer();
}

/** 12 MP. */
export function largeJpeg(): Promise<Buffer> {
  return photograph(4000, 3000, 7).jpeg({ quality: 85 }).toBuffer();
}

export function largePng(): Promise<Buffer> {
  return photograph(1000, 800, 5).png().toBuffer();
}

/** 500x375, what a good client sends. */
export function goodPhoto(): Promise<Buffer> {
  return photograph(500, 375, 1).jpeg().toBuffer();
}

/** A photo of which the JSON has about 1 MB. */
export async function smallPhotoJson(): Promise<Buffer> {
  const photo = await photograph(1600, 1200, 9).jpeg({ quality: 98 }).toBuffer();
  const whole = Buffer.concat([photo, Buffer.alloc(Math.max(0, 750_000 - photo.length))]);
  return Buffer.from(JSON.stringify({ image: whole.toString('base64') }));
}

/** A run-length coded BMP of about 860 bytes: `rows` rows that hold nothing but their end. */
export function bmpRows(side: number, rows: number): Buffer {
  const file = Buffer.concat([bmpCanvas(), Buffer.alloc(2 * rows)]);
  file.writeUInt32LE(file.length, 2);
  file.writeInt32LE(side, 18);
  file.writeInt32LE(side, 22);
  file[file.length - 1] = 1;
  file[63] = 0;
  return file;
}

export const BOUNDARY = 'b';
export const FORM = [`Content-Type: multipart/form-data; boundary=${BOUNDARY}`];

export function formPart(filename: string | undefined, name = 'image'): string {
  const file = filename === undefined ? '' : `; filename="${filename}"`;
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`;
}

export const FORM_END = `--${BOUNDARY}--\r\n`;

/** A form with the file so many times. */
export function form(file: Uint8Array, times: number, filename = 'a'): Buffer {
  const part = Buffer.concat([Buffer.from(formPart(filename)), file, Buffer.from('\r\n')]);
  return Buffer.concat([...Array<Buffer>(times).fill(part), Buffer.from(FORM_END)]);
}

/** A v2 request of so many pictures that asks for one output so many times. */
export function inference(file: Uint8Array, pictures: number, outputs: number): Buffer {
  const data = Array<string>(pictures).fill(Buffer.from(file).toString('base64'));
  const input = { name: 'image', shape: [pictures], datatype: 'BYTES', data };
  const body = { inputs: [input], outputs: Array(outputs).fill({ name: 'embedding' }) };
  return Buffer.from(JSON.stringify(body));
}

/** Between two texts, so many bytes of another. */
export function filled(before: string, unit: string, bytes: number, after: string): Buffer {
  return Buffer.concat([Buffer.from(before), Buffer.alloc(bytes, unit), Buffer.from(after)]);
}
