// Grouped convolution, slow and obvious: cross-correlation with zero padding over integers, straight from the
// definition. Shares nothing with the kernels: canonical layouts, no tiles, no packing.

export interface ConvCase {
  height: number;
  width: number;
  channels: number;
  kernel: number;
  stride: number;
  pad: number;
  groups: number;
  out: number;
}

/**
 * @param x integers, [height][width][channels]
 * @param w integers, (out, channels / groups, kernel, kernel)
 * @returns sums, [outHeight][outWidth][out]
 */
export function convSums(x: ArrayLike<number>, w: ArrayLike<number>, shape: ConvCase): number[] {
  const { height, width, channels, kernel, stride, pad, groups, out } = shape;
  const outHeight = Math.floor((height + 2 * pad - kernel) / stride) + 1;
  const outWidth = Math.floor((width + 2 * pad - kernel) / stride) + 1;
  const inputsPerGroup = channels / groups;
  const outputsPerGroup = out / groups;
  const sums: number[] = [];
  for (let oy = 0; oy < outHeight; oy++)
    for (let ox = 0; ox < outWidth; ox++)
      for (let o = 0; o < out; o++) {
        const firstInput = Math.floor(o / outputsPerGroup) * inputsPerGroup;
        let sum = 0;
        for (let c = 0; c < inputsPerGroup; c++)
          for (let ky = 0; ky < kernel; ky++)
            for (let kx = 0; kx < kernel; kx++) {
              const y = oy * stride + ky - pad;
              const xx = ox * stride + kx - pad;
              if (y < 0 || y >= height || xx < 0 || xx >= width) continue;
              sum +=
                (x[(y * width + xx) * channels + firstInput + c] ?? 0) *
                (w[((o * inputsPerGroup + c) * kernel + ky) * kernel + kx] ?? 0);
            }
        sums.push(sum);
      }
  return sums;
}
