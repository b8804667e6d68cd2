// png: the chunks of a PNG stream (PNG specification, third edition): IHDR, PLTE, eXIf, IDAT. All other ancillary
// chunks are passed over, those of an animation included: its default image is the picture. tRNS, gAMA and iCCP
// do not matter to RGB. The pixels are covered by the Adler-32 of their zlib stream, so the CRC of IDAT is not
// computed a second time over them; IHDR and PLTE are checked by theirs.
import { Exif } from '../exif';
import { Big, Input } from '../input';
import { Palette } from '../palette';
import { Header } from '../picture';
import { Resize } from '../resize';
import { AGAIN, COMPLEX, DAMAGED, DONE, HEADER, MEMORY, MORE, TRUNCATED } from '../status';
import { BitInput } from './bit-input';
import { crc32 } from './crc32';
import { ENDED, FULL, INVALID, Inflate, TOO_MANY_BLOCKS } from './inflate';
import { depthExists, INDEXED, Pixels } from './pixels';
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

/** Windows of 64 KiB that one call inflates. */
const WINDOWS_PER_CALL: i32 = 64;
/** Between the steps of `advance`. */
const GO_ON: i32 = 4;

enum State {
  SIGNATURE,
  CHUNK,
  DATA,
  TAIL,
}

export class Png {
  private static state: i32 = State.SIGNATURE;
  private static colorType: i32 = 0;
  private static interlaced: bool = false;
  private static headerSeen: bool = false;
  private static paletteSeen: bool = false;
  private static dataSeen: bool = false;
  /** Bytes of the IDAT chunk that are still to come. */
  private static dataLeft: usize = 0;
  private static begun: bool = false;
  private static toSkip: u32 = 0;
  /** Windows that this call may still inflate. */
  private static windows: i32 = 0;

  static open(): void {
    Png.state = State.SIGNATURE;
    Png.headerSeen = false;
    Png.paletteSeen = false;
    Png.dataSeen = false;
    Png.begun = false;
    Png.toSkip = 0;
    Palette.reset();
  }

  static begin(): i32 {
    if (!Resize.begin(<f64>Header.width, <f64>Header.height, Header.width, Header.height, !Png.interlaced))
      return MEMORY;
    if (!Inflate.open() || !Rows.open(Png.interlaced)) return MEMORY;
    Png.begun = true;
    return 0;
  }

  static advance(): i32 {
    Png.windows = WINDOWS_PER_CALL;
    let answer = GO_ON;
    while (answer === GO_ON) {
      Png.toSkip = Input.skip(Png.toSkip);
      answer = Png.toSkip > 0 ? MORE : Png.step();
    }
    // What comes behind the pixels may be missing.
    if (answer === MORE && Input.last) answer = Png.state === State.TAIL ? DONE : TRUNCATED;
    if (answer === DONE) Resize.end();
    return answer;
  }

  private static step(): i32 {
    switch (Png.state) {
      case State.SIGNATURE:
        if (Input.left() < 8) return MORE;
        if (Big.u32(Input.at) !== SIGNATURE || Big.u32(Input.at + 4) !== SIGNATURE_END) return DAMAGED;
        Input.at += 8;
        Png.state = State.CHUNK;
        return GO_ON;
      case State.CHUNK:
        return Png.chunk();
      case State.DATA:
        return Png.begun ? Png.data() : HEADER;
      default:
        return Png.tail();
    }
  }

  private static chunk(): i32 {
    if (Input.left() < 8) return MORE;
    const length = Big.u32(Input.at);
    const type = Big.u32(Input.at + 4);
    if (length > MAX_LENGTH || (type === IHDR) === Png.headerSeen) return DAMAGED;
    if (Png.dataSeen && type !== IDAT) return DAMAGED;
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
        Png.dataSeen = true;
        return Png.colorType === INDEXED && !Png.paletteSeen ? DAMAGED : GO_ON;
      default:
        if (type & ANCILLARY) return Png.skip(length);
        return DAMAGED;
    }
  }

  private static skip(length: u32): i32 {
    Png.toSkip = length + <u32>FRAME_BYTES;
    return GO_ON;
  }

  /** Is the whole chunk here? `length` must fit in the input. */
  private static whole(length: u32): bool {
    return Input.end - Input.at >= <usize>length + FRAME_BYTES;
  }

  private static checked(length: u32): bool {
    const end = Input.at + 8 + length;
    return crc32(Input.at + 4, end) === Big.u32(end);
  }

  /** Section 11.2.2. */
  private static header(length: u32): i32 {
    if (length !== 13) return DAMAGED;
    if (!Png.whole(length)) return MORE;
    if (!Png.checked(length)) return DAMAGED;
    const at = Input.at + 8;
    const width = Big.u32(at);
    const height = Big.u32(at + 4);
    const depth = load<u8>(at, 8);
    const interlace = load<u8>(at, 12);
    Png.colorType = load<u8>(at, 9);
    if (width === 0 || height === 0 || width > MAX_LENGTH || height > MAX_LENGTH) return DAMAGED;
    if (!depthExists(Png.colorType, depth)) return DAMAGED;
    if (load<u8>(at, 10) !== 0 || load<u8>(at, 11) !== 0 || interlace > 1) return DAMAGED;
    Header.width = <i32>width;
    Header.height = <i32>height;
    Png.interlaced = interlace === 1;
    Png.headerSeen = true;
    Pixels.open(Png.colorType, depth);
    return Png.skip(length);
  }

  /** Section 11.2.3. Beside true colour a palette is only a suggestion. */
  private static palette(length: u32): i32 {
    if (length === 0 || length > 768 || length % 3 !== 0) return DAMAGED;
    if (!Png.whole(length)) return MORE;
    if (!Png.checked(length)) return DAMAGED;
    if (Png.colorType === INDEXED) Palette.read(Input.at + 8, <i32>length / 3);
    Png.paletteSeen = true;
    return Png.skip(length);
  }

  /** Section 11.3.4.5. As other ancillary chunks it counts as not there when it is damaged. */
  private static exif(length: u32): i32 {
    if (length > MAX_EXIF_BYTES) return Png.skip(length);
    if (!Png.whole(length)) return MORE;
    const start = Input.at + 8;
    if (Png.checked(length)) Header.orientation = Exif.orientation(start, start + length);
    return Png.skip(length);
  }

  private static data(): i32 {
    const before = Input.at;
    BitInput.from = before;
    BitInput.to = before + min(Png.dataLeft, Input.end - before);
    const answer = Inflate.run();
    Input.at = BitInput.from;
    Png.dataLeft -= Input.at - before;
    const rows = Rows.accept(Inflate.start, Inflate.end);
    if (rows !== MORE) return rows;
    switch (answer) {
      case FULL:
        return --Png.windows > 0 ? GO_ON : AGAIN;
      case ENDED:
        if (!Rows.complete) return DAMAGED;
        Png.toSkip = <u32>Png.dataLeft + 4;
        Png.state = State.TAIL;
        return GO_ON;
      case INVALID:
        return DAMAGED;
      case TOO_MANY_BLOCKS:
        return COMPLEX;
      default:
        if (Png.dataLeft > 0) return MORE;
        Png.toSkip = 4;
        Png.state = State.CHUNK;
        return GO_ON;
    }
  }

  /** Behind the pixels only an orientation is of interest. */
  private static tail(): i32 {
    if (Input.left() < 8) return MORE;
    const length = Big.u32(Input.at);
    const type = Big.u32(Input.at + 4);
    if (type === IEND || length > MAX_LENGTH) return DONE;
    return type === EXIF ? Png.exif(length) : Png.skip(length);
  }
}
