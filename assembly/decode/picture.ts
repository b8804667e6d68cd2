// What is known of the file's picture before its pixels: all formats fill this in at their header.

export class Header {
  static width: i32 = 0;
  static height: i32 = 0;
  /** EXIF orientation 1..8. */
  static orientation: i32 = 1;

  static reset(): void {
    Header.width = 0;
    Header.height = 0;
    Header.orientation = 1;
  }
}

/** The part of the resized picture that is wanted, in the orientation of the file; set by the host. */
export class Target {
  /** Size of the whole picture after the resize. */
  static width: i32 = 0;
  static height: i32 = 0;
  /** The wanted part: its corner and its sides. */
  static left: i32 = 0;
  static top: i32 = 0;
  static columns: i32 = 0;
  static rows: i32 = 0;
}

export class Limits {
  /** Scans of a JPEG. */
  static scans: i32 = 0;
  /** 8 x 8 blocks that the scans of a JPEG visit together; a block of a PNG's data counts as 128. */
  static blocks: i64 = 0;
}
