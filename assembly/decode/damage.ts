// Faults that do not keep a viewer from showing a file. They are noted, and the caller says whether such a file is a
// picture with warnings or is refused. The bits are the contract with src/image/warnings.ts.

/** Bytes between the segments of a JPEG that belong to none. */
export const STRAY_BYTES: i32 = 1;
/** An EXIF block that is no TIFF file, or ends inside of its directory. */
export const BAD_EXIF: i32 = 2;
/** The file ends before all of its picture has come. */
export const CUT_OFF: i32 = 4;
/** Coded data that cannot be. */
export const BAD_CODES: i32 = 8;

export class Damage {
  static accepted: bool = false;
  static noted: i32 = 0;

  static reset(accepted: bool): void {
    Damage.accepted = accepted;
    Damage.noted = 0;
  }

  static note(fault: i32): void {
    Damage.noted |= fault;
  }

  /** Something was noted, and the caller does not want it. */
  static isRefused(): bool {
    return Damage.noted !== 0 && !Damage.accepted;
  }
}
