// maxpool: one output row of max pooling with a square window, which may overlap its neighbours
// (Krizhevsky et al. 2012, section 3.4: window 3, stride 2). Windows past the border are cut off (Caffe's ceil).

/**
 * @param target f32 [outWidth][channels]; channels a multiple of 4
 * @param source f32 [rows][width][channels]: the window's rows, already cut at the lower border
 * @param max f32 [4], raised to the largest outputs (lane by lane)
 */
export function maxpoolRow(
  target: usize,
  source: usize,
  max: usize,
  outWidth: i32,
  width: i32,
  channels: i32,
  rows: i32,
  kernel: i32,
  stride: i32,
): void {
  const pixelBytes = channels << 2;
  const rowBytes = width * pixelBytes;
  let largest = v128.load(max);
  for (let o = 0; o < outWidth; o++) {
    const left = o * stride;
    const columns = min(kernel, width - left);
    const window = source + <usize>(left * pixelBytes);
    for (let c = 0; c < pixelBytes; c += 16) {
      let best = v128.load(window + c);
      for (let y = 0; y < rows; y++) {
        let pixel = window + <usize>(y * rowBytes + c);
        for (let x = 0; x < columns; x++) {
          best = f32x4.pmax(best, v128.load(pixel));
          pixel += pixelBytes;
        }
      }
      v128.store(target, best);
      target += 16;
      largest = f32x4.pmax(largest, best);
    }
  }
  v128.store(max, largest);
}
