// Which pixels of the photo one dot of a stage depends on: pure arithmetic of kernels, strides and paddings.
// With r the width of the field, j the distance between neighbouring dots and s the left edge of the first one's field:
// each layer makes r += (kernel - 1) j, s -= pad j, j *= stride (Dumoulin and Visin 2016, "A guide to convolution
// arithmetic", generalised over layers).

/** @typedef {{ start: number, step: number, width: number }} Field in pixels along one side */

/**
 * @param {{ name: string, kernel?: number, stride?: number, pad?: number }[]} layers in order
 * @param {string} name of the last layer to count
 * @returns {Field}
 */
export function receptiveField(layers, name) {
  const field = { start: 0, step: 1, width: 1 };
  for (const { name: each, kernel = 1, stride = 1, pad = 0 } of layers) {
    if (name === 'input') break;
    field.width += (kernel - 1) * field.step;
    field.start -= pad * field.step;
    field.step *= stride;
    if (each === name) break;
  }
  return field;
}

/**
 * The pixels of a dot along one side, cut at the photo's borders.
 * @param {Field} field
 * @param {number} index of the dot
 * @param {number} size of the photo in pixels
 */
export function pixelsOf({ start, step, width }, index, size) {
  const from = start + index * step;
  return { from: Math.max(0, from), to: Math.min(size, from + width) };
}
