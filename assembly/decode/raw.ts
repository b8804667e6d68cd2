// Pixels that something else has decoded, to be resized here: u32 width, height, bytes of EXIF (little
// endian), the EXIF block, then width * height pixels R, G, B, A from top to bottom. Alpha is dropped.
import { Arena } from './arena';
import { Exif } from './exif';
import { Input } from './input';
import { Header } from './picture';
import { Resize } from './resize';
import { DAMAGED, DONE, HEADER, MEMORY, MORE, TRUNCATED } from './status';

let begun: bool = false;
let toSkip: u32 = 0;
let row: usize = 0;
let rgb: usize = 0;
let filled: i32 = 0;
let y: i32 = 0;

export class Raw {
  static open(): void {
    begun = false;
  }

  static advance(): i32 {
    const status = begun ? Raw.rows() : Raw.header();
    return status === MORE && Input.last ? TRUNCATED : status;
  }

  static header(): i32 {
    const at = Input.at;
    if (Input.left() < 12) return MORE;
    const exif = load<u32>(at, 8);
    if (exif > 0xffff) return DAMAGED;
    if (<u32>Input.left() < 12 + exif) return MORE;
    Header.width = load<i32>(at);
    Header.height = load<i32>(at, 4);
    if (Header.width <= 0 || Header.height <= 0) return DAMAGED;
    Header.orientation = Exif.orientation(at + 12, at + 12 + exif);
    toSkip = 12 + exif;
    return HEADER;
  }

  static begin(): i32 {
    if (!Resize.begin(<f64>Header.width, <f64>Header.height, Header.width, Header.height, true))
      return MEMORY;
    row = Arena.take(<usize>Header.width * 4);
    rgb = Arena.take(<usize>(Resize.endColumn - Resize.firstColumn) * 3);
    if (!row || !rgb) return MEMORY;
    Input.skip(toSkip);
    filled = 0;
    y = 0;
    begun = true;
    return 0;
  }

  static rows(): i32 {
    const bytes = Header.width * 4;
    while (Input.left() > 0) {
      const now = min(bytes - filled, Input.left());
      memory.copy(row + filled, Input.at, now);
      Input.at += now;
      filled += now;
      if (filled < bytes) return MORE;
      filled = 0;
      let to = rgb;
      for (let x = Resize.firstColumn; x < Resize.endColumn; x++, to += 3)
        store<u32>(to, load<u32>(row + ((<usize>x) << 2)));
      Resize.row(y, rgb);
      if (++y < Resize.endRow) continue;
      Resize.end();
      return DONE;
    }
    return MORE;
  }
}
