// What a graph itself does to its input before the first layer, as (x - mean) / std per channel. Whether x is 0..255 or
// 0..1 follows from the numbers: a mean and a deviation of at most one belong to pixels of 0..1.
import type { Preprocess } from '../../../src/network/preprocess.ts';
import { OperatorError } from '../../operator-error.ts';
import { asDecimal } from '../element-type.ts';

type Triple = [number, number, number];

export class PixelScale {
  /** y = factor * x + shift, in the order of the graph's channels. */
  readonly #factor: Triple = [1, 1, 1];
  readonly #shift: Triple = [0, 0, 0];
  #applied = false;

  /** One operation with a number for all channels or one for each. */
  apply(operation: 'Sub' | 'Div' | 'Mul' | 'Add', numbers: number[]): void {
    this.#applied = true;
    for (const c of [0, 1, 2] as const) {
      const number = numbers[numbers.length === 1 ? 0 : c] ?? 0;
      if (!Number.isFinite(number) || (operation === 'Div' && number === 0))
        throw new OperatorError(`${operation} on the input: expected a finite number, found ${number}`);
      if (operation === 'Sub') this.#shift[c] -= number;
      if (operation === 'Add') this.#shift[c] += number;
      const factor = operation === 'Div' ? 1 / number : operation === 'Mul' ? number : 1;
      this.#factor[c] *= factor;
      this.#shift[c] *= factor;
    }
  }

  /** The preprocessing `base` with this normalisation instead of its own; `base` itself where there is none. */
  of(base: Preprocess): Preprocess {
    if (!this.#applied) return base;
    const mean = this.#shift.map((shift, c) => -shift / (this.#factor[c] as number));
    const std = this.#factor.map((factor) => 1 / factor);
    const unit = std.every((each) => Math.abs(each) <= 1) && mean.every((each) => Math.abs(each) <= 1);
    const pixels = (values: number[]): Triple => {
      const [first = 0, second = 0, third = 0] = values.map((each) => asDecimal(each * (unit ? 255 : 1)));
      return base.trainedOn === 'BGR' ? [third, second, first] : [first, second, third];
    };
    return { ...base, mean: pixels(mean), std: pixels(std) };
  }
}
