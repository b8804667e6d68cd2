// The segments of a JPEG file (ITU-T T.81, B.1.1 and B.2.1), resumable at any byte. `advance` stops with
// HEADER at the first scan, when everything that describes the picture has been seen, until `begin`.
// Segments that say nothing about the pixels, ICC profiles among them, are skipped unread.
import { CUT_OFF, Damage, STRAY_BYTES } from '../damage';
import { Exif } from '../exif';
import { Big, Input } from '../input';
import { Header } from '../picture';
import { Resize } from '../resize';
import {
  AGAIN,
  DAMAGED,
  DONE,
  HEADER,
  HIERARCHICAL,
  JPEG_LS,
  LOSSLESS,
  MEMORY,
  MORE,
  TRUNCATED,
  UNSUPPORTED,
} from '../status';
import { ArithmeticBlocks } from './arithmetic-blocks';
import { CMYK, GRAY, RGB, YCC, YCCK } from './color';
import { Finish } from './finish';
import { Frame } from './frame';
import { Huffman } from './huffman';
import { Intervals } from './intervals';
import { Progressive } from './progressive';
import { Rows } from './rows';
import { Scan } from './scan';

const SEGMENTS: i32 = 0;
const SKIPPING: i32 = 1;
const SCANNING: i32 = 2;
const AFTER_SCAN: i32 = 3;
const FINISHING: i32 = 4;

let phase: i32 = 0;
let toSkip: u32 = 0;
let begun: bool = false;
let buffered: bool = false;
let jfif: bool = false;
let adobe: i32 = -1;
let oriented: bool = false;

export class Jpeg {
  static open(): void {
    phase = SEGMENTS;
    begun = false;
    jfif = false;
    adobe = -1;
    oriented = false;
    Frame.reset();
    Huffman.reset();
    ArithmeticBlocks.open();
    Progressive.reset();
    Scan.reset();
    Finish.reset();
  }

  static begin(): i32 {
    // The header of the first scan is at hand: marker, length, number of components.
    buffered = Frame.progressive || Scan.members(Input.at + 4) < Frame.count;
    Frame.chooseSize(buffered);
    Rows.model = Jpeg.colorModel();
    const size = Frame.size;
    const columns = Frame.ceil(Header.width * size, 8);
    const rows = Frame.ceil(Header.height * size, 8);
    const scale = <f64>size / 8.0;
    if (!Resize.begin(<f64>Header.width * scale, <f64>Header.height * scale, columns, rows, true))
      return MEMORY;
    if (!Frame.allocate(buffered) || !Rows.allocate()) return MEMORY;
    begun = true;
    return 0;
  }

  /** By the markers of JFIF and Adobe, else by the components' ids; as libjpeg decides it. */
  static colorModel(): i32 {
    if (Frame.count === 1) return GRAY;
    if (Frame.count === 4) return adobe === 2 ? YCCK : CMYK;
    if (jfif) return YCC;
    if (adobe >= 0) return adobe === 0 ? RGB : YCC;
    const ids = (Frame.component(0).id << 16) | (Frame.component(1).id << 8) | Frame.component(2).id;
    return ids === 0x524742 ? RGB : YCC;
  }

  static advance(): i32 {
    let status = AGAIN;
    while (status === AGAIN && phase !== FINISHING) {
      if (phase === SEGMENTS) status = Jpeg.segment();
      else if (phase === SCANNING) status = Jpeg.scan();
      else if (phase === AFTER_SCAN) status = Jpeg.afterScan();
      else {
        toSkip = Input.skip(toSkip);
        if (toSkip) status = MORE;
        else phase = SEGMENTS;
      }
    }
    if (status === MORE && Input.last) status = Jpeg.endOfImage(false);
    return phase === FINISHING && status === AGAIN ? Finish.run() : status;
  }

  static scan(): i32 {
    const status = Scan.run(buffered);
    if (status !== DONE) return status;
    if (Scan.complete) return DONE;
    phase = AFTER_SCAN;
    if (!Frame.progressive && Scan.allStarted()) phase = FINISHING;
    return AGAIN;
  }

  /** To the next marker that does not belong to a scan's data. */
  static afterScan(): i32 {
    const none = i8x16.splat(-1);
    let at = Input.at;
    const end = Input.end;
    for (;;) {
      while (at + 17 < end && !v128.any_true(i8x16.eq(v128.load(at), none))) at += 16;
      while (at < end && load<u8>(at) !== 0xff) at++;
      Input.at = at;
      if (at + 2 > end) return MORE;
      const next = load<u8>(at, 1);
      if (next !== 0 && next !== 0xff && (next < 0xd0 || next > 0xd7)) break;
      at += next === 0xff ? 1 : 2;
    }
    phase = SEGMENTS;
    return AGAIN;
  }

  /** One marker, with its segment where that is read. */
  static segment(): i32 {
    const at = Input.at;
    const left = Input.left();
    if (left < 2) return MORE;
    if (load<u8>(at) !== 0xff || load<u8>(at, 1) === 0xff) {
      if (load<u8>(at) !== 0xff) Damage.note(STRAY_BYTES);
      Input.at++;
      return AGAIN;
    }
    const marker = <i32>load<u8>(at, 1);
    // SOI, TEM, RSTm and stuffing stand alone.
    if (marker === 0xd8 || marker <= 1 || (marker >= 0xd0 && marker <= 0xd7)) {
      Input.at += 2;
      return AGAIN;
    }
    if (marker === 0xd9) return Jpeg.endOfImage(true);
    if (left < 4) return MORE;
    const length = Big.u16(at + 2);
    if (length < 2) return DAMAGED;
    if (!Jpeg.isRead(marker)) {
      toSkip = 2 + <u32>length;
      phase = SKIPPING;
      return AGAIN;
    }
    if (left < 2 + length) return MORE;
    const start = at + 4;
    const end = at + 2 + <usize>length;
    if (marker === 0xda) {
      if (!Frame.count) return DAMAGED;
      if (!begun) return HEADER;
    }
    Input.at = end;
    return Jpeg.read(marker, start, end);
  }

  @inline static isRead(marker: i32): bool {
    // SOFn, DHT, DAC; SOS, DQT, DNL, DRI; APP0, APP1, APP14; SOF55.
    if (marker >= 0xc0 && marker <= 0xcf) return true;
    if (marker >= 0xda && marker <= 0xdd) return true;
    return marker === 0xe0 || marker === 0xe1 || marker === 0xee || marker === 0xf7;
  }

  static read(marker: i32, start: usize, end: usize): i32 {
    let status: i32 = 0;
    if (marker === 0xc4) status = Huffman.define(start, end);
    else if (marker <= 0xc2 || marker === 0xc9 || marker === 0xca) status = Frame.define(start, end, marker);
    else if (marker === 0xcc) status = ArithmeticBlocks.define(start, end);
    else if (marker <= 0xcf)
      status = marker === 0xc8 ? UNSUPPORTED : (marker & 7) === 3 ? LOSSLESS : HIERARCHICAL;
    else if (marker === 0xf7) status = JPEG_LS;
    else if (marker === 0xdb) status = Frame.defineQuant(start, end);
    else if (marker === 0xdd) {
      if (start + 2 > end) return DAMAGED;
      Intervals.length = Big.u16(start);
    } else if (marker === 0xda) {
      status = Scan.begin(start, end);
      phase = Scan.isUnwanted() ? AFTER_SCAN : SCANNING;
    } else Jpeg.application(marker, start, end);
    return status < 0 ? status : AGAIN;
  }

  static application(marker: i32, start: usize, end: usize): void {
    const length = end - start;
    if (marker === 0xe0 && length >= 5 && load<u32>(start) === 0x4649464a) jfif = true;
    if (marker === 0xee && length >= 12 && load<u32>(start) === 0x626f6441) adobe = load<u8>(start, 11);
    if (marker === 0xe1 && length >= 14 && load<u32>(start) === 0x66697845 && !oriented && !begun) {
      oriented = true;
      Header.orientation = Exif.orientation(start + 6, end);
    }
  }

  /**
   * EOI, or the end of the file. Only a progressive picture can be complete here: of the others, every scan was asked
   * for. Without its last scans it is a coarser picture.
   */
  static endOfImage(marked: bool): i32 {
    if (!begun || !Frame.progressive || !Scan.allStarted()) return TRUNCATED;
    if (!marked && !Progressive.isComplete()) {
      if (!Damage.accepted) return TRUNCATED;
      Damage.note(CUT_OFF);
    }
    phase = FINISHING;
    return AGAIN;
  }
}
