// exp and log by additions, multiplications and divisions of f64 alone, which IEEE 754 defines to the last bit: Math.exp
// and Math.log may differ between engines, and what is stored must not. Errors: about one unit in the last place.
// exp: x = k ln 2 + r, Taylor series of degree 14 at |r| < 0.35. log: 2 atanh((m - 1) / (m + 1)) with m in [0.7, 1.5).

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const EXP_TERMS = 14;
const LOG_TERMS = 25;

/** e^x; 0 below -700, infinity above 709. */
export function exp(x: number): number {
  if (x > 709) return Number.POSITIVE_INFINITY;
  if (x < -700) return 0;
  const k = Math.floor(x * Math.LOG2E + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum = 1;
  for (let n = EXP_TERMS; n >= 1; n--) sum = 1 + (sum * r) / n;
  for (let i = 0; i < k; i++) sum *= 2;
  for (let i = 0; i > k; i--) sum /= 2;
  return sum;
}

/** The natural logarithm of a finite x > 0. */
export function log(x: number): number {
  let k = 0;
  let m = x;
  for (; m >= Math.SQRT2; m /= 2) k++;
  for (; m < Math.SQRT2 / 2; m *= 2) k--;
  const s = (m - 1) / (m + 1);
  let sum = 0;
  for (let n = LOG_TERMS; n >= 1; n -= 2) sum = sum * s * s + 1 / n;
  return k * LN2_HIGH + (2 * s * sum + k * LN2_LOW);
}

/** log sum exp of the values, times `factor` each. */
export function energyOf(values: ArrayLike<number>, factor = 1): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) max = Math.max(max, (values[i] as number) * factor);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += exp((values[i] as number) * factor - max);
  return max + log(sum);
}
