// Pixels that something else decoded (WebP): width and height as u32 little-endian, then RGBA rows. It runs them
// through the same resize. Alpha is dropped. It is also the shortest example of a format decoder.
import { Header } from './header';
import { Input } from './input';
import { Sink } from './resize';
import { DONE, HEADER, NEED, TRUNCATED } from './status';

export class Raw {
  private static y: i32 = 0;

  static open(): void {
    Raw.y = 0;
  }

  static run(): i32 {
    if (Header.width === 0) {
      if (Input.available() < 8) return Input.last ? TRUNCATED : NEED;
      Header.width = load<i32>(Input.at);
      Header.height = load<i32>(Input.at, 4);
      Input.at += 8;
      return HEADER;
    }
    const rowBytes: usize = <usize>Header.width * 4;
    for (; Raw.y < Sink.endRow; Raw.y++) {
      if (Input.available() < <i32>rowBytes) return Input.last ? TRUNCATED : NEED;
      if (Raw.y >= Sink.firstRow) {
        const columns = Sink.endColumn - Sink.firstColumn;
        let source = Input.at + <usize>Sink.firstColumn * 4;
        let target = Sink.row;
        for (let x = 0; x < columns; x++, source += 4, target += 3) store<u32>(target, load<u32>(source));
        Sink.push(Raw.y);
      }
      Input.at += rowBytes;
    }
    return DONE;
  }

  static configure(): void {
    Sink.configure(<f64>Header.width, <f64>Header.height, Header.width, Header.height);
  }
}
