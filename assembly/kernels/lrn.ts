// lrn: local response normalisation across channels, in place:
//   y = x * (k + alpha / 5 * sum of x^2 over the 5 channels c-2 .. c+2 that exist) ^ -0.75
// Krizhevsky et al. 2012, section 3.3, with alpha divided by the size as Caffe and ONNX do. Size 5 and
// exponent 0.75 are fixed: d^-0.75 = 1 / (sqrt(d) * sqrt(sqrt(d))) needs no pow.

/**
 * @param x f32 [positions][channels], changed in place; channels a multiple of 4
 * @param max f32 [4], raised to the largest outputs (lane by lane)
 * @param alphaOverSize alpha / 5
 */
export function lrn(x: usize, max: usize, positions: i32, channels: i32, alphaOverSize: f32, k: f32): void {
  const alphas = f32x4.splat(alphaOverSize);
  const ks = f32x4.splat(k);
  const ones = f32x4.splat(1);
  const bytes = (<usize>channels) << 2;
  let largest = v128.load(max);
  for (let p = 0; p < positions; p++) {
    let left = f32x4.splat(0);
    let here = v128.load(x);
    let hereSquared = f32x4.mul(here, here);
    for (let end = x + bytes - 16; ; x += 16) {
      const next = x < end ? v128.load(x, 16) : f32x4.splat(0);
      const right = f32x4.mul(next, next);
      // The window slides over (left, here, right): lanes c-2, c-1, c, c+1, c+2.
      const sum = f32x4.add(
        f32x4.add(
          hereSquared,
          f32x4.add(
            v128.shuffle<f32>(left, hereSquared, 2, 3, 4, 5),
            v128.shuffle<f32>(left, hereSquared, 3, 4, 5, 6),
          ),
        ),
        f32x4.add(
          v128.shuffle<f32>(hereSquared, right, 1, 2, 3, 4),
          v128.shuffle<f32>(hereSquared, right, 2, 3, 4, 5),
        ),
      );
      const d = f32x4.add(ks, f32x4.mul(alphas, sum));
      const root = f32x4.sqrt(d);
      const power = f32x4.div(ones, f32x4.mul(root, f32x4.sqrt(root)));
      const y = f32x4.mul(here, power);
      v128.store(x, y);
      largest = f32x4.pmax(largest, y);
      if (x >= end) break;
      left = hereSquared;
      here = next;
      hereSquared = right;
    }
    x += 16;
  }
  v128.store(max, largest);
}
