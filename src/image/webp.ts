// WebP by way of @jsquash/webp (libwebp): the whole file and the whole picture in memory, so its size is
// checked first, and its pixels are given back at once. Here: the container (RFC 9649), which says the size, the
// EXIF block and whether there are frames; of an animation the first frame is shown.

import { ServiceError } from '../errors.ts';
import { joined } from '../isolate/byte-source.ts';
import { release } from './pixels.ts';

/** Compiles or hands over webp_dec.wasm of @jsquash/webp; called when the first WebP comes. */
export type LoadWebp = () => WebAssembly.Module | Promise<WebAssembly.Module>;

/** An instance with more memory is not kept. */
const KEEP_BYTES = 20 * 2 ** 20;

interface Chunk {
  type: string;
  data: Uint8Array;
}

interface Decoded {
  data: Uint8ClampedArray;
  width: number;
  height: number;
}

function u24(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
}

function u32(bytes: Uint8Array, at: number): number {
  return (u24(bytes, at) | ((bytes[at + 3] ?? 0) << 24)) >>> 0;
}

function damaged(what: string): ServiceError {
  return new ServiceError('damaged-image', `The webp file is damaged: ${what}.`);
}

/** Width and height of the canvas from the first 30 bytes (RFC 9649, 2.5 to 2.7). */
export function webpSize(head: Uint8Array): { width: number; height: number } {
  if (head.length < 30) throw damaged('it ends in its header');
  const type = String.fromCharCode(...head.subarray(12, 16));
  if (type === 'VP8X') return { width: u24(head, 24) + 1, height: u24(head, 27) + 1 };
  if (type === 'VP8L') {
    const bits = u32(head, 21);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (type !== 'VP8 ') throw damaged('it starts with none of VP8X, VP8L and VP8');
  return { width: u24(head, 26) & 0x3fff, height: u24(head, 28) & 0x3fff };
}

function* chunks(bytes: Uint8Array, start: number): Generator<Chunk> {
  for (let at = start; at + 8 <= bytes.length; ) {
    const length = u32(bytes, at + 4);
    if (at + 8 + length > bytes.length) throw damaged('it ends inside a chunk');
    yield {
      type: String.fromCharCode(...bytes.subarray(at, at + 4)),
      data: bytes.subarray(at + 8, at + 8 + length),
    };
    at += 8 + length + (length & 1);
  }
}

function write(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(8 + data.length + (data.length & 1));
  for (let i = 0; i < 4; i++) out[i] = type.charCodeAt(i);
  new DataView(out.buffer).setUint32(4, data.length, true);
  out.set(data, 8);
  return out;
}

/** A frame of an animation (ANMF, RFC 9649, 2.7.1.1) as a file of its own. */
function still(frame: Uint8Array): Uint8Array {
  const parts = [...chunks(frame, 16)].filter(({ type }) => ['ALPH', 'VP8 ', 'VP8L'].includes(type));
  const header = new Uint8Array(10);
  if (parts.some(({ type }) => type === 'ALPH')) header[0] = 0x10;
  header.set(frame.subarray(6, 12), 4);
  const body = joined([write('VP8X', header), ...parts.map(({ type, data }) => write(type, data))]);
  const name = new TextEncoder().encode('WEBP');
  return write('RIFF', joined([name, body]));
}

/** libwebp's instance; kept for the next picture while it is small, since dropped ones stay until they are collected. */
export class WebpCodec {
  readonly #load: LoadWebp;
  #decode: ((bytes: Uint8Array) => Decoded | null) | undefined;
  #memory: WebAssembly.Memory | undefined;

  constructor(load: LoadWebp) {
    this.#load = load;
  }

  async #open(): Promise<(bytes: Uint8Array) => Decoded | null> {
    const module = await this.#load();
    const { default: codec } = await import('@jsquash/webp/codec/dec/webp_dec.js');
    // A bundled module cannot be compiled from bytes in workerd: the instance is made here.
    const instantiateWasm = (
      imports: WebAssembly.Imports,
      ready: (instance: WebAssembly.Instance) => void,
    ): WebAssembly.Exports => {
      const instance = new WebAssembly.Instance(module, imports);
      this.#memory = Object.values(instance.exports).find((value) => value instanceof WebAssembly.Memory);
      ready(instance);
      return instance.exports;
    };
    const instance = await codec({ noInitialRun: true, instantiateWasm });
    return (bytes) => instance.decode(bytes);
  }

  /** Throws ServiceError damaged-image. */
  async decode(bytes: Uint8Array): Promise<Decoded> {
    let decoded: Decoded | null;
    try {
      // The pool gives one picture at a time.
      const decode = this.#decode ?? (await this.#open());
      this.#decode = undefined;
      decoded = decode(bytes);
      if (this.#memory && this.#memory.buffer.byteLength <= KEEP_BYTES) this.#decode = decode;
    } catch (error) {
      throw new ServiceError('damaged-image', 'The webp file is damaged: its decoder failed.', {
        cause: error,
      });
    }
    if (!decoded) throw damaged('its data is not valid');
    return decoded;
  }
}

/**
 * The picture as decode.wasm's raw format wants it: a header with the EXIF block, then RGBA rows of the
 * canvas, in two pieces, which the caller releases. What the first frame of an animation leaves bare is black.
 */
export async function decodeWebp(bytes: Uint8Array, codec: WebpCodec): Promise<Uint8Array[]> {
  const { width, height } = webpSize(bytes);
  let exif = new Uint8Array(0);
  let frame: Uint8Array | undefined;
  for (const { type, data } of chunks(bytes, 12)) {
    if (type === 'ANMF') frame ??= data;
    // Some writers repeat JPEG's "Exif\0\0" before the block.
    if (type === 'EXIF' && data.length <= 0xffff) exif = data.slice(data[0] === 0x45 ? 6 : 0);
  }
  const header = new Uint8Array(12 + exif.length);
  const view = new DataView(header.buffer);
  view.setUint32(0, width, true);
  view.setUint32(4, height, true);
  view.setUint32(8, exif.length, true);
  header.set(exif, 12);
  if (frame && frame.length < 16) throw damaged('its first frame has no header');
  const left = frame ? 2 * u24(frame, 0) : 0;
  const top = frame ? 2 * u24(frame, 3) : 0;
  // Before it is decoded: the limit of pixels was checked for the canvas.
  if (frame && (left + u24(frame, 6) >= width || top + u24(frame, 9) >= height))
    throw damaged('its frame is larger than its canvas');
  const decoded = await codec.decode(frame ? still(frame) : bytes);
  if (left + decoded.width > width || top + decoded.height > height)
    throw damaged('its picture is larger than its canvas');
  const pixels = new Uint8Array(decoded.data.buffer, decoded.data.byteOffset, decoded.data.length);
  if (decoded.width === width && decoded.height === height) return [header, pixels];
  const canvas = new Uint8Array(width * height * 4);
  const rowBytes = decoded.width * 4;
  for (let y = 0; y < decoded.height; y++)
    canvas.set(pixels.subarray(y * rowBytes, (y + 1) * rowBytes), ((top + y) * width + left) * 4);
  release(pixels);
  return [header, canvas];
}
