// The weights of an antialiased triangle filter along one axis, as PIL's BILINEAR and torchvision's
// antialias=True have them: output i is centred on (i + 0.5) * scale, its support is max(scale, 1) on both
// sides, weights are normalised over the samples that exist. `extent` is the length of the picture in
// samples and need not be whole: a JPEG at 1/8 of 1001 pixels has 126 samples and an extent of 125.125.
// One record an output: i32 first, i32 count, f32 weight[taps]; weights after `count` are zero.
import { Arena } from './arena';

export class Axis {
  /** Weights that a record has room for: at least the four that the resize may read at once. */
  static taps(extent: f64, outputs: i32): i32 {
    return max(4, <i32>Math.ceil(max(extent / <f64>outputs, 1.0)) * 2 + 1);
  }

  @inline static stride(taps: i32): usize {
    return 8 + ((<usize>taps) << 2);
  }

  /** Table of outputs offset .. offset + size of `outputs`; 0 when memory is short. */
  static build(extent: f64, samples: i32, outputs: i32, offset: i32, size: i32): usize {
    const taps = Axis.taps(extent, outputs);
    const table = Arena.takeZeroed(<usize>size * Axis.stride(taps));
    if (!table) return 0;
    const scale = extent / <f64>outputs;
    const support = max(scale, 1.0);
    const narrow = 1.0 / support;
    for (let i = 0; i < size; i++) {
      const record = table + <usize>i * Axis.stride(taps);
      const centre = (<f64>(offset + i) + 0.5) * scale;
      const first = min(samples - 1, max(0, <i32>(centre - support + 0.5)));
      const count = max(1, min(samples, <i32>(centre + support + 0.5)) - first);
      let sum = 0.0;
      for (let k = 0; k < count; k++) sum += Axis.weight(<f64>(first + k) + 0.5 - centre, narrow);
      store<i32>(record, first);
      store<i32>(record, count, 4);
      for (let k = 0; k < count; k++) {
        const weight =
          sum > 0.0 ? Axis.weight(<f64>(first + k) + 0.5 - centre, narrow) / sum : 1.0 / <f64>count;
        store<f32>(record + ((<usize>k) << 2), <f32>weight, 8);
      }
    }
    return table;
  }

  /** The largest count of the first `size` records. */
  static most(table: usize, taps: i32, size: i32): i32 {
    let most = 0;
    for (let i = 0; i < size; i++) most = max(most, load<i32>(table + <usize>i * Axis.stride(taps), 4));
    return most;
  }

  @inline static weight(distance: f64, narrow: f64): f64 {
    return max(0.0, 1.0 - abs(distance) * narrow);
  }
}
