// From the samples of an MCU row to rows of RGB for the resize. Mixing with the next line of a subsampled
// component delays the last line of an MCU row until the next one is there; the rings hold two.
import { Arena } from '../arena';
import { Resize } from '../resize';
import { Color } from './color';
import { Frame } from './frame';
import { Upsample } from './upsample';

let rgb: usize = 0;
let next: i32 = 0;
let delay: i32 = 0;

export class Rows {
  static model: i32 = 0;

  static allocate(): bool {
    rgb = Arena.take(<usize>((Resize.endColumn - Resize.firstColumn) * 3 + 64));
    next = Resize.firstRow;
    delay = 0;
    for (let i = 0; i < Frame.count; i++) {
      const c = Frame.component(i);
      if (c.v * c.size !== Frame.v * Frame.size) delay = 1;
    }
    return rgb !== 0 && Upsample.allocate();
  }

  /** Hands on all rows that MCU rows 0..mcuRow allow; true when the last wanted one is among them. */
  static emit(mcuRow: i32): bool {
    const known = (mcuRow + 1) * Frame.v * Frame.size;
    const end = min(Resize.endRow, mcuRow === Frame.mcusHigh - 1 ? known : known - delay);
    const width = Resize.endColumn - Resize.firstColumn;
    for (; next < end; next++) {
      const a = Upsample.row(0, next);
      const b = Frame.count > 1 ? Upsample.row(1, next) : a;
      const c = Frame.count > 1 ? Upsample.row(2, next) : a;
      const k = Frame.count > 3 ? Upsample.row(3, next) : a;
      Color.convert(Rows.model, rgb, a, b, c, k, width);
      Resize.row(next, rgb);
    }
    if (next < Resize.endRow) return false;
    Resize.end();
    return true;
  }
}
