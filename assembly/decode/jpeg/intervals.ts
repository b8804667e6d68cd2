// The restart intervals of a scan (ITU-T T.81, E.2.4), and what is lost of a damaged one. Where bad data are accepted,
// an interval that cannot be read is lost up to the next restart marker, without one to the end of the scan: its blocks
// stay grey, as in libjpeg. Of the blocks that are wanted at most one in MOST_LOST may be lost.
import { BAD_CODES, CUT_OFF, Damage } from '../damage';
import { Big, Input } from '../input';
import { DAMAGED, DONE, MORE, TRUNCATED } from '../status';
import { Bits } from './bits';
import { Frame } from './frame';

const MOST_LOST: i32 = 4;
const REST_OF_SCAN: i32 = i32.MAX_VALUE;

/** MCUs until the next restart marker. */
let left: i32 = 0;
/** Markers seen. */
let markers: i32 = 0;
/** Wanted blocks of the scan, and those that are lost; scans that only refine do not count. */
let wanted: i64 = 0;
let missing: i64 = 0;
let cause: i32 = DAMAGED;

export class Intervals {
  /** MCUs between restart markers, 0 for none: DRI. */
  static length: i32 = 0;
  /** MCUs from here on that are lost. */
  static lost: i32 = 0;

  /** At the start of a scan. @param blocks wanted ones; 0: none of them counts */
  static open(blocks: i64): void {
    left = Intervals.length;
    markers = 0;
    wanted = blocks;
    missing = 0;
    Intervals.lost = 0;
  }

  /** The next MCU stands behind a restart marker. */
  @inline static atMarker(): bool {
    return left === 0 && Intervals.lost === 0;
  }

  @inline static pass(): void {
    left--;
  }

  /** The MCU that has just been passed cannot be read; 0, or the status that ends the picture. */
  static fail(starved: bool): i32 {
    cause = starved && Input.at + 2 > Input.end && Input.last ? TRUNCATED : DAMAGED;
    if (!Damage.accepted) return cause;
    Damage.note(starved ? CUT_OFF : BAD_CODES);
    Intervals.lost = Intervals.length ? left + 1 : REST_OF_SCAN;
    left = 0;
    return 0;
  }

  /** One lost MCU with so many wanted blocks; 0, or the status that ends the picture. */
  static lose(blocks: i32): i32 {
    Intervals.lost--;
    if (!wanted) return 0;
    missing += blocks;
    return missing * MOST_LOST > wanted ? cause : 0;
  }

  /** The next RSTm: DONE, MORE, or an error. */
  static restart(): i32 {
    // Whole unread bytes in the buffer would have to be zeros of our own.
    Bits.reset();
    // Arithmetic decoders may leave bytes that no decision needed.
    if (Frame.arithmetic) Intervals.toMarker();
    while (Input.at + 2 < Input.end && Big.u16(Input.at) === 0xffff) Input.at++;
    if (Input.at + 2 <= Input.end && Big.u16(Input.at) === (0xffd0 | (markers & 7))) return Intervals.take();
    cause = Input.at + 2 > Input.end ? TRUNCATED : DAMAGED;
    return Damage.accepted ? Intervals.search() : cause;
  }

  static take(): i32 {
    Input.at += 2;
    markers++;
    left = Intervals.length;
    return DONE;
  }

  /** To the next marker; false: it has not arrived. */
  static toMarker(): bool {
    let at = Input.at;
    while (
      at + 2 <= Input.end &&
      (load<u8>(at) !== 0xff || load<u8>(at, 1) === 0 || load<u8>(at, 1) === 0xff)
    )
      at++;
    Input.at = at;
    return at + 2 <= Input.end;
  }

  /** The expected marker is not there. One that is a little ahead tells that this interval is lost. */
  static search(): i32 {
    for (;;) {
      if (!Intervals.toMarker()) {
        if (!Input.last) return MORE;
        Damage.note(CUT_OFF);
        break;
      }
      Damage.note(BAD_CODES);
      const marker = <i32>load<u8>(Input.at, 1);
      if (marker < 0xd0 || marker > 0xd7) break;
      const ahead = (marker - markers) & 7;
      if (ahead === 0) return Intervals.take();
      if (ahead < 4) {
        markers++;
        Intervals.lost = Intervals.length;
        return DONE;
      }
      Input.at += 2;
    }
    Intervals.lost = REST_OF_SCAN;
    return DONE;
  }
}
