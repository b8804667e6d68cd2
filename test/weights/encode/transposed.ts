// A tensor's values with its axes in another order, one element at a time: for encoders of other layouts.

/** Axis i of the result is axis axes[i] of `values`, both row-major. */
export function transposed(values: Float32Array, shape: number[], axes: number[]): Float32Array {
  const target = axes.map((axis) => shape[axis] as number);
  return values.map((_, at) => {
    let rest = at;
    const index = new Array<number>(axes.length);
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const size = target[axis] as number;
      index[axes[axis] as number] = rest % size;
      rest = Math.floor(rest / size);
    }
    return values[index.reduce((sum, each, axis) => sum * (shape[axis] as number) + each, 0)] as number;
  });
}
