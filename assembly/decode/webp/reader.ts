// WebP (RFC 9649): the chunks of the RIFF file, resumable at any byte. The picture is the first VP8 or VP8L chunk, of
// an animation the first frame on its canvas. Alpha is dropped, so ALPH is passed over like unknown chunks. EXIF
// comes behind the picture; it is waited for where VP8X announces it.
import { Exif } from '../exif';
import { Input } from '../input';
import { Header } from '../picture';
import { Resize } from '../resize';
import { DAMAGED, DONE, HEADER, MEMORY, MORE, TRUNCATED } from '../status';
import { Canvas } from './canvas';
import { Chunk } from './chunk';
import { Lossless } from './lossless/image';
import { Frame } from './lossy/frame';

const RIFF: u32 = 0x46464952;
const WEBP: u32 = 0x50424557;
const VP8X: u32 = 0x58385056;
const VP8: u32 = 0x20385056;
const VP8L: u32 = 0x4c385056;
const ANMF: u32 = 0x464d4e41;
const EXIF: u32 = 0x46495845;

const ANIMATED_BYTES: i32 = 16;
/** An EXIF chunk longer than this is passed over. */
const MAX_EXIF_BYTES: u32 = 0xffff;
const EXIF_FLAG: u32 = 8;

enum State {
  FILE,
  CHUNKS,
  HEAD,
  PIXELS,
}

let state: i32 = State.FILE;
let extended: bool = false;
let lossless: bool = false;
let framed: bool = false;
let exifAnnounced: bool = false;
let exifSeen: bool = false;
let done: bool = false;
let begun: bool = false;
let left: i32 = 0;
let top: i32 = 0;
let frameWidth: i32 = 0;
let frameHeight: i32 = 0;
let toSkip: u32 = 0;
/** Of the picture's chunk. */
let padding: u32 = 0;
/** Between the steps of `advance`. */
const GO_ON: i32 = 4;

class Little {
  @inline static u24(at: usize): i32 {
    return <i32>load<u16>(at) | ((<i32>load<u8>(at, 2)) << 16);
  }
}

export class Webp {
  static open(): void {
    state = State.FILE;
    extended = framed = exifAnnounced = exifSeen = done = begun = false;
    left = top = 0;
    toSkip = 0;
    Chunk.used = 0;
    Chunk.left = 0;
  }

  static advance(): i32 {
    let status = GO_ON;
    while (status === GO_ON) {
      const before = toSkip;
      toSkip = Input.skip(toSkip);
      Chunk.used += <u64>(before - toSkip);
      status = toSkip > 0 ? MORE : Webp.step();
    }
    if (status !== MORE || !Input.last) return status;
    // Behind the pixels the file may end, but not within what it has announced.
    return done && toSkip === 0 && Input.left() === 0 ? DONE : TRUNCATED;
  }

  static step(): i32 {
    if (state === State.FILE) {
      if (Input.left() < 12) return MORE;
      if (load<u32>(Input.at) !== RIFF || load<u32>(Input.at, 8) !== WEBP) return DAMAGED;
      toSkip = 12;
      state = State.CHUNKS;
      return GO_ON;
    }
    if (state === State.CHUNKS) return Webp.chunk();
    if (state === State.HEAD) return begun ? Webp.pixels() : Webp.head();
    const status = lossless ? Lossless.advance() : Frame.advance();
    if (status !== DONE) return status;
    Resize.end();
    done = true;
    Webp.skipRest();
    return exifAnnounced && !exifSeen ? GO_ON : DONE;
  }

  static skipRest(): void {
    // Chunks are padded to 16 bits.
    toSkip = Chunk.left + padding;
    Chunk.left = 0;
    state = State.CHUNKS;
  }

  static chunk(): i32 {
    if (Input.left() < 8) return MORE;
    const type = load<u32>(Input.at);
    const bytes = load<u32>(Input.at, 4);
    if (bytes > 0xfffffff0) return DAMAGED;
    const padded = bytes + (bytes & 1);
    if (type === EXIF && exifAnnounced && !exifSeen && bytes <= MAX_EXIF_BYTES) {
      if (<u32>Input.left() < 8 + bytes) return MORE;
      const start = Input.at + 8;
      // Some writers repeat JPEG's "Exif\0\0" before the block.
      const prefix: usize = bytes > 6 && load<u32>(start) === 0x66697845 ? 6 : 0;
      Header.orientation = Exif.orientation(start + prefix, start + bytes);
      exifSeen = true;
      if (done) return DONE;
    } else if (!done) {
      if (type === VP8X) return Webp.extend(bytes, padded);
      if (type === ANMF) return Webp.animated(bytes);
      if (type === VP8 || type === VP8L) {
        lossless = type === VP8L;
        Chunk.left = bytes;
        padding = bytes & 1;
        toSkip = 8;
        state = State.HEAD;
        return GO_ON;
      }
    }
    Input.at += 8;
    Chunk.used += 8;
    toSkip = padded;
    return GO_ON;
  }

  /** RFC 9649, 2.7. */
  static extend(bytes: u32, padded: u32): i32 {
    if (extended || bytes < 10) return DAMAGED;
    if (Input.left() < 18) return MORE;
    extended = true;
    exifAnnounced = (load<u8>(Input.at, 8) & EXIF_FLAG) !== 0;
    Header.width = Little.u24(Input.at + 12) + 1;
    Header.height = Little.u24(Input.at + 15) + 1;
    toSkip = 8 + padded;
    return GO_ON;
  }

  /** The first frame, RFC 9649, 2.7.1.1. */
  static animated(bytes: u32): i32 {
    if (!extended || framed || bytes < <u32>ANIMATED_BYTES) return DAMAGED;
    if (Input.left() < 8 + ANIMATED_BYTES) return MORE;
    const at = Input.at + 8;
    framed = true;
    left = 2 * Little.u24(at);
    top = 2 * Little.u24(at + 3);
    frameWidth = Little.u24(at + 6) + 1;
    frameHeight = Little.u24(at + 9) + 1;
    if (left + frameWidth > Header.width || top + frameHeight > Header.height) return DAMAGED;
    toSkip = 8 + ANIMATED_BYTES;
    return GO_ON;
  }

  /** The sides in the picture's own header are those of its frame and of its canvas. */
  static head(): i32 {
    const wanted = lossless ? 5 : 10;
    if (Chunk.left < <u32>wanted) return DAMAGED;
    if (Input.left() < wanted) return MORE;
    const status = lossless ? Lossless.head(Input.at) : Frame.head(Input.at);
    if (status < 0) return status;
    const width = lossless ? Lossless.width : Frame.width;
    const height = lossless ? Lossless.height : Frame.height;
    if (framed && (width !== frameWidth || height !== frameHeight)) return DAMAGED;
    if (extended && !framed && (width !== Header.width || height !== Header.height)) return DAMAGED;
    if (!extended) {
      Header.width = width;
      Header.height = height;
    }
    return HEADER;
  }

  static begin(): i32 {
    const width = lossless ? Lossless.width : Frame.width;
    const height = lossless ? Lossless.height : Frame.height;
    if (!Canvas.open(left, top, width, height)) return MEMORY;
    begun = true;
    return lossless ? Lossless.begin() : Frame.begin();
  }

  static pixels(): i32 {
    state = State.PIXELS;
    return GO_ON;
  }
}
