// png: the chunks of a PNG stream (PNG specification, third edition): IHDR, PLTE, eXIf, IDAT. All other ancillary
// chunks are passed over, those of an animation included: its default image is the picture. tRNS, gAMA and iCCP
// do not matter to RGB. The pixels are covered by the Adler-32 of their zlib stream, so the CRC of IDAT is not
// computed a second time over them; IHDR and PLTE are checked by theirs.
import { exifOrientation } from '../exif';
import { Header } from '../header';
import { Heap } from '../heap';
import { DAMAGED, ENDED, FULL, Inflate, TOO_MUCH_WORK } from '../inflate';
import { Input } from '../input';
import { Sink } from '../resize';
import {
  DONE,
  HEADER,
  NEED,
  ORDER,
  PNG_CHECKSUM,
  PNG_CHUNK,
  PNG_DATA,
  PNG_HEADER,
  PNG_PALETTE,
  PNG_SHORT,
  TRUNCATED,
  WORK,
} from '../status';
import { Work } from '../work';
import { crc32 } from './crc32';
import { depthExists, PALETTE, Pixels } from './pixels';
import { Rows } from './rows';

const IHDR: u32 = 0x49484452;
const PLTE: u32 = 0x504c5445;
const IDAT: u32 = 0x49444154;
const IEND: u32 = 0x49454e44;
const EXIF: u32 = 0x65584966;
/** Bit 5 of the first letter: a decoder that does not know the chunk may pass over it. */
const ANCILLARY: u32 = 0x20000000;

const SIGNATURE: u32 = 0x89504e47;
const SIGNATURE_END: u32 = 0x0d0a1a0a;
const MAX_LENGTH: u32 = 0x7fffffff;
/** An eXIf chunk longer than this is passed over. Orientation stands in its first bytes. */
const MAX_EXIF_BYTES: u32 = 65536;
/** Length and type before a chunk's data, CRC behind it. */
const FRAME_BYTES: usize = 12;

/** Between the steps of `run`. */
const GO_ON: i32 = 3;

enum State {
  SIGNATURE,
  CHUNK,
  DATA,
  TAIL,
}

export class Png {
  private static state: i32 = State.SIGNATURE;
  private static colourType: i32 = 0;
  private static interlaced: bool = false;
  private static headerSeen: bool = false;
  private static paletteSeen: bool = false;
  private static dataSeen: bool = false;
  /** Bytes of the IDAT chunk that are still to come. */
  private static dataLeft: usize = 0;
  private static configured: bool = false;
  private static affordable: bool = true;

  static open(): void {
    Png.state = State.SIGNATURE;
    Png.headerSeen = false;
    Png.paletteSeen = false;
    Png.dataSeen = false;
    Png.configured = false;
  }

  static configure(): void {
    Sink.configure(<f64>Header.width, <f64>Header.height, Header.width, Header.height);
    Inflate.open();
    Rows.open(Png.interlaced);
    Png.configured = true;
    Png.affordable = Work.charge(<i64>(Rows.announcedBytes() >> 6));
  }

  static run(): i32 {
    let answer = GO_ON;
    while (answer === GO_ON) answer = Png.step();
    if (answer !== NEED || !Input.last) return answer;
    // What comes behind the pixels is of no consequence.
    return Png.state === State.TAIL ? DONE : TRUNCATED;
  }

  private static step(): i32 {
    switch (Png.state) {
      case State.SIGNATURE:
        if (Input.available() < 8) return NEED;
        if (Input.be32(Input.at) !== SIGNATURE || Input.be32(Input.at + 4) !== SIGNATURE_END)
          return PNG_HEADER;
        Input.at += 8;
        Png.state = State.CHUNK;
        return GO_ON;
      case State.CHUNK:
        return Png.chunk();
      case State.DATA:
        if (!Png.configured) return ORDER;
        return Png.affordable ? Png.data() : WORK;
      default:
        return Png.tail();
    }
  }

  private static chunk(): i32 {
    if (Input.available() < 8) return NEED;
    const length = Input.be32(Input.at);
    const type = Input.be32(Input.at + 4);
    if (length > MAX_LENGTH || (type === IHDR) === Png.headerSeen) return PNG_CHUNK;
    if (Png.dataSeen && type !== IDAT) return PNG_SHORT;
    switch (type) {
      case IHDR:
        return Png.header(length);
      case PLTE:
        return Png.palette(length);
      case EXIF:
        return Png.exif(length);
      case IDAT:
        Input.at += 8;
        Png.dataLeft = length;
        Png.state = State.DATA;
        if (Png.dataSeen) return GO_ON;
        Png.dataSeen = true;
        return Png.colourType === PALETTE && !Png.paletteSeen ? PNG_PALETTE : HEADER;
      default:
        if (type & ANCILLARY) return Png.skip(length);
        return PNG_CHUNK;
    }
  }

  private static skip(length: u32): i32 {
    Input.skip(<u64>length + FRAME_BYTES);
    return GO_ON;
  }

  /** Is the whole chunk here? `length` must fit in the input. */
  private static whole(length: u32): bool {
    return Input.end - Input.at >= <usize>length + FRAME_BYTES;
  }

  private static checked(length: u32): bool {
    const end = Input.at + 8 + length;
    return crc32(Input.at + 4, end) === Input.be32(end);
  }

  /** Section 11.2.2. */
  private static header(length: u32): i32 {
    if (length !== 13) return PNG_HEADER;
    if (!Png.whole(length)) return NEED;
    if (!Png.checked(length)) return PNG_CHECKSUM;
    const at = Input.at + 8;
    const width = Input.be32(at);
    const height = Input.be32(at + 4);
    const depth = load<u8>(at, 8);
    const interlace = load<u8>(at, 12);
    Png.colourType = load<u8>(at, 9);
    if (width === 0 || height === 0 || width > MAX_LENGTH || height > MAX_LENGTH) return PNG_HEADER;
    if (!depthExists(Png.colourType, depth)) return PNG_HEADER;
    if (load<u8>(at, 10) !== 0 || load<u8>(at, 11) !== 0 || interlace > 1) return PNG_HEADER;
    Header.width = <i32>width;
    Header.height = <i32>height;
    Png.interlaced = interlace === 1;
    Png.headerSeen = true;
    Pixels.open(Png.colourType, depth);
    return Png.skip(length);
  }

  /** Section 11.2.3. Beside true colour a palette is only a suggestion. */
  private static palette(length: u32): i32 {
    if (length === 0 || length > 768 || length % 3 !== 0) return PNG_PALETTE;
    if (!Png.whole(length)) return NEED;
    if (!Png.checked(length)) return PNG_CHECKSUM;
    if (Png.colourType === PALETTE && !Heap.full) Pixels.setPalette(Input.at + 8, <i32>length / 3);
    Png.paletteSeen = true;
    return Png.skip(length);
  }

  /** Section 11.3.4.5. As other ancillary chunks it counts as not there when it is damaged. */
  private static exif(length: u32): i32 {
    if (length > MAX_EXIF_BYTES) return Png.skip(length);
    if (!Png.whole(length)) return NEED;
    const start = Input.at + 8;
    if (Png.checked(length)) Header.orientation = exifOrientation(start, start + length);
    return Png.skip(length);
  }

  private static data(): i32 {
    const before = Input.at;
    Inflate.from = before;
    Inflate.to = before + min(Png.dataLeft, Input.end - before);
    const answer = Inflate.run();
    Input.at = Inflate.from;
    Png.dataLeft -= Input.at - before;
    const rows = Rows.accept(Inflate.start, Inflate.end);
    if (rows !== NEED) return rows;
    switch (answer) {
      case FULL:
        return GO_ON;
      case ENDED:
        if (!Rows.complete) return PNG_SHORT;
        Input.skip(<u64>Png.dataLeft + 4);
        Png.state = State.TAIL;
        return GO_ON;
      case DAMAGED:
        return PNG_DATA;
      case TOO_MUCH_WORK:
        return WORK;
      default:
        if (Png.dataLeft > 0) return NEED;
        Input.skip(4);
        Png.state = State.CHUNK;
        return GO_ON;
    }
  }

  /** Behind the pixels only an orientation is of interest. */
  private static tail(): i32 {
    if (Input.available() < 8) return NEED;
    const length = Input.be32(Input.at);
    const type = Input.be32(Input.at + 4);
    if (type === IEND) return DONE;
    return type === EXIF ? Png.exif(length) : Png.skip(length);
  }
}
