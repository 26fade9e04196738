// Draws the histogram under a slider: images that show the label above the axis, those that do not below it.

const BARS = 50;
const WIDTH = 1000;
const AXIS = 50;
// A little air above the highest bar.
const TALLEST = 47;

/** Draw the bars of a card from its counts. */
export function drawBars(card, { present, absent }) {
  card.querySelector('[data-bars="present"]').setAttribute("d", outline(bars(present), -1));
  card.querySelector('[data-bars="absent"]').setAttribute("d", outline(bars(absent), 1));
}

function bars(counts) {
  const size = (counts.length - 1) / BARS;
  const heights = new Array(BARS).fill(0);
  counts.forEach((count, step) => {
    // The last step, a probability of exactly 1, belongs to the last bar.
    heights[Math.min(BARS - 1, Math.floor(step / size))] += count;
  });
  return heights;
}

function outline(heights, side) {
  const most = Math.sqrt(Math.max(1, ...heights));
  const each = WIDTH / BARS;
  return heights
    .map((count, bar) => {
      if (count === 0) return "";
      const height = side * Math.max(1.5, (TALLEST * Math.sqrt(count)) / most);
      return `M${bar * each + 1} ${AXIS}v${height.toFixed(1)}h${each - 2}V${AXIS}z`;
    })
    .join("");
}
