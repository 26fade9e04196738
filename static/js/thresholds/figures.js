// The figures of one label at any threshold, reckoned from counts; the formulas are those of app/domain/intervals.py.

// The 97.5 % point of the standard normal distribution, for a two-sided 95 % interval.
const Z = 1.959963984540054;
// Halvings of an interval of length 1 that leave less than single precision shows.
const HALVINGS = 60;

/** Give the Wilson score interval [low, high] of a share; null for no trials. */
export function wilson(successes, trials) {
  if (trials === 0) return null;
  const share = successes / trials;
  const spread = Z * Math.sqrt(Z * Z + 4 * trials * share * (1 - share));
  const scale = 2 * (trials + Z * Z);
  const middle = 2 * trials * share + Z * Z;
  return [(middle - spread) / scale, successes === trials ? 1 : (middle + spread) / scale];
}

/** Give the score interval [low, high] of F-beta; null for 0/0. */
export function fInterval(tp, fp, fn, beta) {
  const found = fBeta(tp, fp, fn, beta);
  if (found === null) return null;
  if (beta === 1) return wilson(tp, tp + fp + fn).map((share) => (2 * share) / (1 + share));
  const excess = fExcess(tp, fp, fn, beta ** 2);
  const low = tp === 0 ? 0 : root((t) => excess(t, -1), 0, found);
  const high = fp + fn === 0 ? 1 : root((t) => excess(t, 1), found, 1);
  return [low, high];
}

/** Give F-beta; null for 0/0. */
export function fBeta(tp, fp, fn, beta) {
  return ratio((1 + beta ** 2) * tp, (1 + beta ** 2) * tp + beta ** 2 * fn + fp);
}

/** Give precision, recall and F with their intervals. */
export function figures(tp, fp, fn, beta) {
  return {
    precision: { value: ratio(tp, tp + fp), interval: wilson(tp, tp + fp), part: tp, whole: tp + fp },
    recall: { value: ratio(tp, tp + fn), interval: wilson(tp, tp + fn), part: tp, whole: tp + fn },
    f: { value: fBeta(tp, fp, fn, beta), interval: fInterval(tp, fp, fn, beta) },
  };
}

/** Turn the counts of each step into the counts from each step on: what a threshold there predicts. */
export function fromEachStepOn(counts) {
  const summed = new Array(counts.length);
  let total = 0;
  for (let step = counts.length - 1; step >= 0; step -= 1) {
    total += counts[step];
    summed[step] = total;
  }
  return summed;
}

/** Write a figure with its interval, as the report does; null where it is 0/0. */
export function written({ value, interval }) {
  if (value === null) return null;
  return `${value.toFixed(2)} [${interval[0].toFixed(2)}–${interval[1].toFixed(2)}]`;
}

function ratio(part, whole) {
  return whole === 0 ? null : part / whole;
}

// How far the counts lie beyond what F-beta = t would give, see f_beta_interval.
function fExcess(tp, fp, fn, square) {
  const errors = fp + fn;
  const added = (fp + 0.5) / (errors + 1);
  const weight = added + (1 - added) * square;
  const spread = added + (1 - added) * square ** 2;
  return (t, side) => {
    const hit = (1 + square) * (1 - t);
    const total = tp * hit - t * (fp + square * fn);
    const share = (t * weight) / (hit + t * weight);
    const variance = share * hit ** 2 + (1 - share) * t ** 2 * spread;
    return total + side * Z * Math.sqrt((tp + errors) * variance);
  };
}

// Where a falling function crosses 0.
function root(excess, from, to) {
  let [low, high] = [from, to];
  for (let halving = 0; halving < HALVINGS; halving += 1) {
    const middle = (low + high) / 2;
    if (excess(middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
