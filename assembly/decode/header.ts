// What a picture's header says, of whatever format. A decoder fills it in before it answers HEADER.

export class Header {
  /** Pixels as stored, before any rotation. */
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
