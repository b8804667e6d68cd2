// PIL's antialiased triangle resize and centre crop, the slow obvious way in float64: no tables, no
// streaming, no intermediate rounding. Written from the definition, not from assembly/decode/.

export interface Raw {
  width: number;
  height: number;
  /** width * height * 3 bytes, RGB. */
  pixels: Uint8Array;
}

function triangle(x: number): number {
  return Math.max(0, 1 - Math.abs(x));
}

/** Samples and normalised weights of output `i` of `outputs` over `inputs`. */
function weights(inputs: number, outputs: number, i: number): [number, number][] {
  const scale = inputs / outputs;
  const stretch = Math.max(1, scale);
  const centre = (i + 0.5) * scale;
  const found: [number, number][] = [];
  for (
    let x = Math.max(0, Math.floor(centre - stretch) - 1);
    x < Math.min(inputs, centre + stretch + 1);
    x++
  ) {
    const weight = triangle((x + 0.5 - centre) / stretch);
    if (weight > 0) found.push([x, weight]);
  }
  const sum = found.reduce((total, [, weight]) => total + weight, 0);
  return found.map(([x, weight]) => [x, weight / sum]);
}

/** The square of `size` at (left, top) of the picture resized to width x height. */
export function resizeCrop(
  raw: Raw,
  to: { width: number; height: number; left: number; top: number; size: number },
): Uint8Array {
  const { size } = to;
  const lines = new Float64Array(raw.height * size * 3);
  for (let x = 0; x < size; x++) {
    const taps = weights(raw.width, to.width, to.left + x);
    for (let y = 0; y < raw.height; y++)
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (const [column, weight] of taps)
          sum += weight * (raw.pixels[(y * raw.width + column) * 3 + c] ?? 0);
        lines[(y * size + x) * 3 + c] = sum;
      }
  }
  const out = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++) {
    const taps = weights(raw.height, to.height, to.top + y);
    for (let x = 0; x < size * 3; x++) {
      let sum = 0;
      for (const [row, weight] of taps) sum += weight * (lines[row * size * 3 + x] ?? 0);
      out[y * size * 3 + x] = Math.max(0, Math.min(255, Math.floor(sum + 0.5)));
    }
  }
  return out;
}
