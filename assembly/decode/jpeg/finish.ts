// The last step of a picture whose coefficients were stored: blocks to samples to rows, an MCU row at a
// time, a bounded number of blocks a call.
import { AGAIN, DONE } from '../status';
import { Blocks } from './blocks';
import { Frame } from './frame';
import { Idct } from './idct';
import { Rows } from './rows';

const BLOCKS_PER_CALL: i32 = 8192;
let row: i32 = 0;

export class Finish {
  static reset(): void {
    row = 0;
  }

  static run(): i32 {
    let blocks = 0;
    for (; row < Frame.mcusHigh; row++) {
      if (blocks > BLOCKS_PER_CALL) return AGAIN;
      for (let i = 0; i < Frame.count; i++) {
        const c = Frame.component(i);
        for (let y = max(c.y0, row * c.v); y < min(c.y1, (row + 1) * c.v); y++) {
          for (let x = c.x0; x < c.x1; x++) {
            Blocks.restore(c.block(x, y), c.size);
            Idct.samples(i, Blocks.place(c, x, y), Idct.reach());
          }
          blocks += c.x1 - c.x0;
        }
      }
      if (Rows.emit(row)) return DONE;
    }
    return DONE;
  }
}
