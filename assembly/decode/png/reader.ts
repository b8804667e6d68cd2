// The chunks of a PNG file (PNG specification, 5.3 and 11), resumable at any byte. IHDR, PLTE, eXIf and IDAT
// are read and their checksums verified, all others are skipped, text and colour profiles uninflated.
// An eXIf chunk after the pixels is not seen: by then the picture is complete.
import { Crc32 } from '../crc32';
import { Exif } from '../exif';
import { Inflate } from '../inflate';
import { Big, Input } from '../input';
import { Palette } from '../palette';
import { Header } from '../picture';
import { AGAIN, DAMAGED, DONE, HEADER, MORE, TRUNCATED } from '../status';
import { INDEXED, Pixels } from './pixels';
import { Rows } from './rows';

const SIGNATURE: i32 = 0;
const CHUNK: i32 = 1;
const SKIPPING: i32 = 2;
const DATA: i32 = 3;
const CHECKSUM: i32 = 4;
const TAIL: i32 = 5;

const IHDR: u32 = 0x49484452;
const PLTE: u32 = 0x504c5445;
const IDAT: u32 = 0x49444154;
const EXIF: u32 = 0x65584966;
/** Pieces of 64 KiB that one call inflates. */
const PIECES_PER_CALL: i32 = 64;

let phase: i32 = 0;
let left: u32 = 0;
let begun: bool = false;
let hasHeader: bool = false;
let hasPalette: bool = false;
let pieces: i32 = 0;

export class Png {
  static open(): void {
    phase = SIGNATURE;
    begun = false;
    hasHeader = false;
    hasPalette = false;
    Palette.reset();
    Inflate.reset();
  }

  static begin(): i32 {
    const status = Rows.begin();
    if (status === 0) begun = true;
    return status;
  }

  static advance(): i32 {
    pieces = 0;
    let status = AGAIN;
    while (status === AGAIN && pieces < PIECES_PER_CALL) {
      if (phase === SIGNATURE) status = Png.signature();
      else if (phase === CHUNK) status = Png.chunk();
      else if (phase === DATA) status = Png.data();
      else if (phase === CHECKSUM) status = Png.checksum();
      else if (phase === TAIL) status = Png.inflate();
      else {
        left = Input.skip(left);
        if (left) status = MORE;
        else phase = CHUNK;
      }
    }
    return status === MORE && Input.last ? TRUNCATED : status;
  }

  static signature(): i32 {
    if (Input.left() < 8) return MORE;
    Input.at += 8;
    phase = CHUNK;
    return AGAIN;
  }

  static chunk(): i32 {
    if (Input.left() < 8) return MORE;
    const at = Input.at;
    const length = Big.u32(at);
    const type = Big.u32(at + 4);
    if (length > 0x7fffffff || (!hasHeader && type !== IHDR)) return DAMAGED;
    if (type === IDAT) {
      if (Rows.type === INDEXED && !hasPalette) return DAMAGED;
      if (!begun) return HEADER;
      Crc32.reset();
      Crc32.update(at + 4, 4);
      Input.at += 8;
      left = length;
      phase = DATA;
      return AGAIN;
    }
    if (begun) {
      // The pixels have ended; whatever is still in the inflater is the rest of them.
      Inflate.last = true;
      phase = TAIL;
      return AGAIN;
    }
    const isRead = type === IHDR || type === PLTE || (type === EXIF && length < 0x10000);
    if (!isRead) {
      left = 12 + length;
      phase = SKIPPING;
      return AGAIN;
    }
    if (length > 0xffff) return DAMAGED;
    if (<u32>Input.left() < length + 12) return MORE;
    Crc32.reset();
    Crc32.update(at + 4, 4 + <usize>length);
    if (!Crc32.matches(Big.u32(at + 8 + <usize>length))) return DAMAGED;
    Input.at = at + 12 + <usize>length;
    if (type === IHDR) return Png.header(at + 8, length);
    if (type === EXIF) Header.orientation = Exif.orientation(at + 8, at + 8 + <usize>length);
    else if (length % 3 || length > 768) return DAMAGED;
    else {
      hasPalette = true;
      Palette.read(at + 8, length / 3);
    }
    return AGAIN;
  }

  static header(at: usize, length: u32): i32 {
    if (length !== 13 || hasHeader) return DAMAGED;
    hasHeader = true;
    const width = Big.u32(at);
    const height = Big.u32(at + 4);
    Rows.depth = load<u8>(at, 8);
    Rows.type = load<u8>(at, 9);
    const interlace = load<u8>(at, 12);
    if (!width || !height || width > 0x7fffffff || height > 0x7fffffff) return DAMAGED;
    if (!Pixels.exists(Rows.type, Rows.depth) || load<u16>(at, 10) || interlace > 1) return DAMAGED;
    Header.width = width;
    Header.height = height;
    Rows.interlaced = interlace === 1;
    return AGAIN;
  }

  /** The bytes of an IDAT chunk, as far as they are there. */
  static data(): i32 {
    const taken = Inflate.feed(Input.at, min<usize>(left, Input.left()));
    Crc32.update(Input.at, taken);
    Input.at += taken;
    left -= <u32>taken;
    const status = Png.inflate();
    if (status !== MORE) return status;
    if (left === 0) phase = CHECKSUM;
    else if (Input.left() === 0) return MORE;
    return AGAIN;
  }

  static checksum(): i32 {
    if (Input.left() < 4) return MORE;
    if (!Crc32.matches(Big.u32(Input.at))) return DAMAGED;
    Input.at += 4;
    phase = CHUNK;
    return AGAIN;
  }

  /** One piece: DONE, AGAIN if there may be another, MORE for want of input, or an error. */
  static inflate(): i32 {
    const bytes = Inflate.run();
    if (bytes < 0) return bytes;
    if (bytes > 0) {
      pieces++;
      const status = Rows.consume(Inflate.piece, bytes);
      return status === MORE ? AGAIN : status === DONE ? DONE : status;
    }
    return Inflate.ended() || Inflate.last ? TRUNCATED : MORE;
  }
}
