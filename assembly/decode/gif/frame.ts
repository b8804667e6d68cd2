// frame: the first frame of a GIF on its canvas, as RGB rows for the sink. Where the frame does not reach, the
// canvas has the transparent colour of the frame, or colour 0, as PIL shows it; transparency itself is dropped.
// Interlaced rows go to the sink in the order in which they arrive (GIF89a, appendix E).
import { Header } from '../header';
import { Heap } from '../heap';
import { Sink } from '../resize';

// First row and row step of the four passes.
const INTERLACE = memory.data<u8>([0, 8, 4, 8, 2, 4, 1, 2]);

export class Frame {
  static left: i32 = 0;
  static top: i32 = 0;
  static width: i32 = 0;
  static height: i32 = 0;
  static interlaced: bool = false;
  /** Colour of the canvas. */
  static background: i32 = 0;
  /** RGBx u8 [256][4] */
  static colours: usize = 0;

  private static row: usize = 0;
  private static collected: i32 = 0;
  private static y: i32 = 0;
  private static pass: i32 = 0;

  /** After Sink.configure. Check `Heap.full` afterwards. */
  static open(): void {
    Frame.row = Heap.take(Frame.width);
    Frame.collected = 0;
    Frame.y = 0;
    Frame.pass = 0;
  }

  /** Rows of the canvas above and below the frame. */
  static pushCanvas(): void {
    Frame.paint(Sink.firstColumn, Sink.endColumn, 0, true);
    for (let y = Sink.firstRow; y < Sink.endRow; y++)
      if (y < Frame.top || y >= Frame.top + Frame.height) Sink.push(y);
  }

  /** The next pixels of the frame, u8 colour numbers [count]. True once it is complete. */
  static accept(pixels: usize, count: i32): bool {
    while (count > 0) {
      const some = min(count, Frame.width - Frame.collected);
      memory.copy(Frame.row + Frame.collected, pixels, some);
      pixels += some;
      count -= some;
      Frame.collected += some;
      if (Frame.collected < Frame.width) return false;
      Frame.push(Frame.top + Frame.y);
      Frame.collected = 0;
      if (!Frame.nextRow()) return true;
    }
    return false;
  }

  private static nextRow(): bool {
    if (!Frame.interlaced) return ++Frame.y < Frame.height;
    Frame.y += load<u8>(INTERLACE + (Frame.pass << 1), 1);
    // A low frame has no rows of the later passes.
    while (Frame.y >= Frame.height) {
      if (++Frame.pass === 4) return false;
      Frame.y = load<u8>(INTERLACE + (Frame.pass << 1));
    }
    return true;
  }

  private static push(y: i32): void {
    if (y < Sink.firstRow || y >= Sink.endRow) return;
    const left = max(Frame.left, Sink.firstColumn);
    const right = min(Frame.left + Frame.width, Sink.endColumn);
    Frame.paint(Sink.firstColumn, min(Frame.left, Sink.endColumn), 0, true);
    if (left < right) Frame.paint(left, right, Frame.row + (left - Frame.left), false);
    Frame.paint(max(Frame.left + Frame.width, Sink.firstColumn), Sink.endColumn, 0, true);
    Sink.push(y);
  }

  /** Columns from..end of the sink's row: colour numbers at `pixels`, or the background. */
  private static paint(from: i32, end: i32, pixels: usize, canvas: bool): void {
    let target = Sink.row + <usize>(from - Sink.firstColumn) * 3;
    for (let x = from; x < end; x++, target += 3) {
      const colour = canvas ? Frame.background : <i32>load<u8>(pixels++);
      const rgb = load<u32>(Frame.colours + ((<usize>colour) << 2));
      store<u16>(target, <u16>rgb);
      store<u8>(target, <u8>(rgb >> 16), 2);
    }
  }

  /** The canvas is as large as the header says, or as the frame needs. */
  static fitCanvas(): void {
    Header.width = max(Header.width, Frame.left + Frame.width);
    Header.height = max(Header.height, Frame.top + Frame.height);
  }
}
