// The adaptive binary arithmetic decoder of JPEG (ITU-T T.81, Annex D). A bin is a byte: the index of its state in
// Table D.3, and in bit 7 the symbol that is more probable. The code register holds what is left of the interval's
// position, `interval` its length; both grow by shifts until the length has bit 15 set again.
// Zeros follow the last byte before a marker: an encoder may leave them out (D.1.8).
import { Input } from '../input';

/** Table D.3: Qe << 16 | next after the more probable symbol << 8 | exchange << 7 | next after the less probable. */
const STATES = memory.data<u32>([
  0x5a1d0181, 0x2586020e, 0x11140310, 0x080b0412, 0x03d80514, 0x01da0617, 0x00e50719, 0x006f081c, 0x0036091e,
  0x001a0a21, 0x000d0b23, 0x00060c09, 0x00030d0a, 0x00010d0c, 0x5a7f0f8f, 0x3f251024, 0x2cf21126, 0x207c1227,
  0x17b91328, 0x1182142a, 0x0cef152b, 0x09a1162d, 0x072f172e, 0x055c1830, 0x04061931, 0x03031a33, 0x02401b34,
  0x01b11c36, 0x01441d38, 0x00f51e39, 0x00b71f3b, 0x008a203c, 0x0068213e, 0x004e223f, 0x003b2320, 0x002c0921,
  0x5ae125a5, 0x484c2640, 0x3a0d2741, 0x2ef12843, 0x261f2944, 0x1f332a45, 0x19a82b46, 0x15182c48, 0x11772d49,
  0x0e742e4a, 0x0bfb2f4b, 0x09f8304d, 0x0861314e, 0x0706324f, 0x05cd3330, 0x04de3432, 0x040f3532, 0x03633633,
  0x02d43734, 0x025c3835, 0x01f83936, 0x01a43a37, 0x01603b38, 0x01253c39, 0x00f63d3a, 0x00cb3e3b, 0x00ab3f3d,
  0x008f203d, 0x5b1241c1, 0x4d044250, 0x412c4351, 0x37d84452, 0x2fe84553, 0x293c4654, 0x23794756, 0x1edf4857,
  0x1aa94957, 0x174e4a48, 0x14244b48, 0x119c4c4a, 0x0f6b4d4a, 0x0d514e4b, 0x0bb64f4d, 0x0a40304d, 0x583251d0,
  0x4d1c5258, 0x438e5359, 0x3bdd545a, 0x34ee555b, 0x2eae565c, 0x299a575d, 0x25164756, 0x557059d8, 0x4ca95a5f,
  0x44d95b60, 0x3e225c61, 0x38245d63, 0x32b45e63, 0x2e17565d, 0x56a860df, 0x4f466165, 0x47e56266, 0x41cf6367,
  0x3c3d6468, 0x375e5d63, 0x52316669, 0x4c0f676a, 0x4639686b, 0x415e6367, 0x56276ae9, 0x50e76b6c, 0x4b85676d,
  0x55976d6e, 0x504f6b6f, 0x5a106fee, 0x55226d70, 0x59eb6ff0,
  // Equal chances for ever, for signs and for the bits of refinement.
  0x5a1d7171,
]);
/** The state of a bin whose chances stay equal. */
const FIXED_STATE: u8 = 113;
const FIXED = memory.data(16);

let code: u32 = 0;
let interval: u32 = 0;
/** Shifts until the next byte is wanted; below zero before the first two are there. */
let shifts: i32 = 0;

export class Arithmetic {
  /** Bytes that the file does not have were used, and no marker stands there. */
  static starved: bool = false;

  /** At the start of a scan and after a restart marker; the bins are reset by their owner. */
  static reset(): void {
    code = 0;
    interval = 0;
    shifts = -16;
    Arithmetic.starved = false;
    store<u8>(FIXED, FIXED_STATE);
  }

  @inline static byte(): u32 {
    const at = Input.at;
    if (at >= Input.end) {
      Arithmetic.starved = true;
      return 0;
    }
    const byte = <u32>load<u8>(at);
    if (byte !== 0xff) {
      Input.at = at + 1;
      return byte;
    }
    if (at + 1 >= Input.end) Arithmetic.starved = true;
    else if (load<u8>(at, 1) === 0) {
      Input.at = at + 2;
      return 0xff;
    }
    return 0;
  }

  /** The next binary decision of a bin, D.2.2 to D.2.6. */
  static decide(bin: usize): i32 {
    while (interval < 0x8000) {
      if (--shifts < 0) {
        code = (code << 8) | Arithmetic.byte();
        shifts += 8;
        // Two bytes make the first position in the whole interval.
        if (shifts < 0 && ++shifts === 0) interval = 0x8000;
      }
      interval <<= 1;
    }
    const state = <u32>load<u8>(bin);
    const entry = load<u32>(STATES + ((<usize>state & 127) << 2));
    const rare = entry >>> 16;
    const symbol = state & 128;
    interval -= rare;
    const position = interval << shifts;
    let likely = true;
    if (code >= position) {
      // The upper part, of length `rare`; conditional exchange where that is the longer one.
      code -= position;
      likely = interval < rare;
      interval = rare;
    } else if (interval < 0x8000) likely = interval >= rare;
    else return <i32>(symbol >>> 7);
    if (likely) {
      store<u8>(bin, <u8>(symbol | ((entry >>> 8) & 127)));
      return <i32>(symbol >>> 7);
    }
    store<u8>(bin, <u8>(symbol ^ (entry & 255)));
    return <i32>((symbol >>> 7) ^ 1);
  }

  /** A decision with equal chances. */
  @inline static fair(): i32 {
    return Arithmetic.decide(FIXED);
  }
}
