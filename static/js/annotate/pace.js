// How many images this session and how fast; how long each one was looked at.

// A pause longer than this is a break, not work: it counts as this much.
const LONGEST_GAP_MS = 60_000;
// The pace of the last images tells more than that of the whole morning.
const REMEMBERED = 30;

export class Pace {
  count = 0;
  #moments = [];
  #shownAt = performance.now();
  #away = 0;
  #hiddenAt = 0;

  constructor() {
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.#hiddenAt = performance.now();
      else if (this.#hiddenAt) this.#away += performance.now() - this.#hiddenAt;
    });
  }

  /** Another image stands before the annotator. */
  look() {
    [this.#shownAt, this.#away, this.#hiddenAt] = [performance.now(), 0, 0];
  }

  /** Seconds for which the present image has been looked at. */
  get seconds() {
    return Math.max(0, performance.now() - this.#shownAt - this.#away) / 1000;
  }

  /** An image more, or with -1 one less. */
  tally(by) {
    this.count = Math.max(0, this.count + by);
    if (by > 0) this.#moments = [...this.#moments, performance.now()].slice(-REMEMBERED);
    else this.#moments.pop();
  }

  /** Images an hour, or null while there are too few to tell. */
  get rate() {
    if (this.#moments.length < 5) return null;
    const gaps = this.#moments.slice(1).map((at, place) => Math.min(at - this.#moments[place], LONGEST_GAP_MS));
    const hours = gaps.reduce((sum, gap) => sum + gap, 0) / 3_600_000;
    return hours > 0 ? Math.round(gaps.length / hours) : null;
  }
}
