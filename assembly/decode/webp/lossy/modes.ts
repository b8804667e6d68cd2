// Segments and prediction modes of a row of macroblocks (RFC 6386, sections 10, 11 and 19.3), from the first partition.
import { Bools } from './bools';
import { FrameHeader, SEGMENT_TREE } from './header';
import { B_DC, B_HD, B_HE, B_HU, B_LD, B_RD, B_TM, B_VE, B_VL, B_VR } from './predict';
import { SUBBLOCK_MODES } from './tables';

/** Bytes of a macroblock's record: 16 modes of subblocks, then what follows. */
export const RECORD: usize = 24;
export const CHROMA_MODE: usize = 16;
export const SEGMENT: usize = 17;
/** No coefficients are there. */
export const SKIPPED: usize = 18;
/** Predicted by subblocks; otherwise all 16 modes are that of the whole. */
export const BY_SUBBLOCKS: usize = 19;
/** The edges between the subblocks are filtered. */
export const INNER_EDGES: usize = 20;

const LEFT = memory.data(4);

export class Modes {
  /** `above`: modes of the lowest subblocks of the row above, 4 a macroblock; they are replaced. */
  static row(records: usize, above: usize, columns: i32): void {
    memory.fill(LEFT, <u8>B_DC, 4);
    for (let i = 0; i < columns; i++, records += RECORD, above += 4) Modes.macroblock(records, above);
  }

  static macroblock(record: usize, above: usize): void {
    let segment: u32 = 0;
    if (FrameHeader.mapped)
      segment = Bools.bit(load<u8>(SEGMENT_TREE))
        ? 2 + Bools.bit(load<u8>(SEGMENT_TREE, 2))
        : Bools.bit(load<u8>(SEGMENT_TREE, 1));
    store<u8>(record + SEGMENT, <u8>segment);
    store<u8>(record + SKIPPED, FrameHeader.skip < 256 ? <u8>Bools.bit(FrameHeader.skip) : 0);
    const whole = Bools.bit(145);
    store<u8>(record + BY_SUBBLOCKS, <u8>(1 - whole));
    if (whole) {
      const mode = Bools.bit(156) ? (Bools.bit(128) ? B_TM : B_HE) : Bools.bit(163) ? B_VE : B_DC;
      memory.fill(record, <u8>mode, 16);
      memory.fill(above, <u8>mode, 4);
      memory.fill(LEFT, <u8>mode, 4);
    } else {
      for (let y: usize = 0; y < 4; y++) {
        let left = <i32>load<u8>(LEFT + y);
        for (let x: usize = 0; x < 4; x++) {
          left = Modes.subblock(SUBBLOCK_MODES + <usize>(<i32>load<u8>(above + x) * 90 + left * 9));
          store<u8>(record + y * 4 + x, <u8>left);
          store<u8>(above + x, <u8>left);
        }
        store<u8>(LEFT + y, <u8>left);
      }
    }
    const chroma = !Bools.bit(142) ? B_DC : !Bools.bit(114) ? B_VE : Bools.bit(183) ? B_TM : B_HE;
    store<u8>(record + CHROMA_MODE, <u8>chroma);
  }

  static subblock(p: usize): i32 {
    if (!Bools.bit(load<u8>(p))) return B_DC;
    if (!Bools.bit(load<u8>(p, 1))) return B_TM;
    if (!Bools.bit(load<u8>(p, 2))) return B_VE;
    if (!Bools.bit(load<u8>(p, 3))) {
      if (!Bools.bit(load<u8>(p, 4))) return B_HE;
      return Bools.bit(load<u8>(p, 5)) ? B_VR : B_RD;
    }
    if (!Bools.bit(load<u8>(p, 6))) return B_LD;
    if (!Bools.bit(load<u8>(p, 7))) return B_VL;
    return Bools.bit(load<u8>(p, 8)) ? B_HU : B_HD;
  }
}
