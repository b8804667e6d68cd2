// The window on the file: bytes that the host has written and no reader has used yet. A reader takes whole
// units only (a segment, a unit of a scan) and otherwise leaves `at` where it is, so that a file may be cut
// into chunks anywhere. The longest unit, a JPEG segment, has 65,537 bytes (ITU-T T.81, B.1.1.4).

const CAPACITY: i32 = 1 << 17;
/** Below this much room at the end, what is left is moved to the front. */
const LOW_ROOM: i32 = 1 << 15;
const BUFFER = memory.data((1 << 17) + 64, 16);

export class Input {
  /** Next unread byte. */
  static at: usize = 0;
  /** First byte that is not there. Up to 16 bytes after it may be loaded, their values mean nothing. */
  static end: usize = 0;
  /** No more bytes will come. */
  static last: bool = false;

  static reset(): void {
    Input.at = BUFFER;
    Input.end = BUFFER;
    Input.last = false;
  }

  /** Makes room for the host's next bytes, which belong at `end`; returns how many fit. */
  static room(): i32 {
    const limit = BUFFER + CAPACITY;
    if (<i32>(limit - Input.end) < LOW_ROOM) {
      const left = Input.end - Input.at;
      memory.copy(BUFFER, Input.at, left);
      Input.at = BUFFER;
      Input.end = BUFFER + left;
    }
    return <i32>(limit - Input.end);
  }

  @inline static left(): i32 {
    return <i32>(Input.end - Input.at);
  }

  /** Skips up to `bytes`; returns how many of them are still to be skipped. */
  static skip(bytes: u32): u32 {
    const now = min<u32>(bytes, <u32>Input.left());
    Input.at += now;
    return bytes - now;
  }
}

/** Big-endian numbers, as JPEG and PNG have them. */
export class Big {
  @inline static u16(at: usize): i32 {
    return ((<i32>load<u8>(at)) << 8) | <i32>load<u8>(at, 1);
  }

  @inline static u32(at: usize): u32 {
    return bswap<u32>(load<u32>(at));
  }
}
