/** Pearson's chi-squared test of counts against exact probabilities. */

/**
 * A cell of fewer expected than this is thrown together with others: the statistic is chi-squared
 * only where there are enough.
 */
const EXPECTED_MIN = 5;

export interface Fit {
  readonly statistic: number;
  readonly degrees: number;
}

/** What several independent tests come to together. */
export function together(fits: readonly Fit[]): Fit {
  const sum = (of: (fit: Fit) => number): number => fits.reduce((all, fit) => all + of(fit), 0);
  return { statistic: sum(({ statistic }) => statistic), degrees: sum(({ degrees }) => degrees) };
}

/**
 * How well counts agree with probabilities, which sum to 1.
 * @param counts how often each cell was seen; one that is not among the probabilities is an error
 */
export function fitOf(
  counts: ReadonlyMap<string, number>,
  probabilities: ReadonlyMap<string, number>,
): Fit {
  let runs = 0;
  for (const [cell, count] of counts) {
    if (!probabilities.has(cell)) throw new Error(`${cell} was seen, and is impossible`);
    runs += count;
  }
  let statistic = 0;
  let cells = 0;
  const rare = { count: 0, expected: 0 };
  const add = (count: number, expected: number): void => {
    statistic += (count - expected) ** 2 / expected;
    cells++;
  };
  for (const [cell, probability] of probabilities) {
    const count = counts.get(cell) ?? 0;
    const expected = probability * runs;
    if (expected >= EXPECTED_MIN) add(count, expected);
    else {
      rare.count += count;
      rare.expected += expected;
    }
  }
  if (rare.expected > 0) add(rare.count, rare.expected);
  return { statistic, degrees: cells - 1 };
}

/** The value that chi-squared with so many degrees of freedom exceeds with probability `p`. */
export function criticalValue(degrees: number, p: number): number {
  let low = 0;
  let high = 1;
  while (exceeds(high, degrees) > p) high *= 2;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (exceeds(middle, degrees) > p) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * How likely chi-squared is to exceed `statistic`: Q(degrees / 2, statistic / 2), the regularised
 * incomplete gamma function, by its series below and by Lentz's continued fraction above (Press et
 * al., Numerical Recipes, 6.2).
 */
export function exceeds(statistic: number, degrees: number): number {
  const a = degrees / 2;
  const x = statistic / 2;
  if (x <= 0) return 1;
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
  return x < a + 1 ? 1 - scale * series(a, x) : scale * fraction(a, x);
}

const TERMS_MAX = 10_000;
const PRECISION = 1e-15;

function series(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < TERMS_MAX && term > sum * PRECISION; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

function fraction(a: number, x: number): number {
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let value = d;
  for (let n = 1; n < TERMS_MAX; n++) {
    const factor = -n * (n - a);
    b += 2;
    d = 1 / (factor * d + b || tiny);
    c = b + factor / c || tiny;
    value *= c * d;
    if (Math.abs(c * d - 1) < PRECISION) break;
  }
  return value;
}

/** Of a multiple of one half, by Γ(x + 1) = x Γ(x). */
function logGamma(x: number): number {
  let log = 0;
  let left = x;
  for (; left > 1; left--) log += Math.log(left - 1);
  return left === 1 ? log : log + Math.log(Math.PI) / 2;
}
