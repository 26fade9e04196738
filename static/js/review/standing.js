// How a list stands: the newest progress, and verdicts that places fetched ahead of time do not know of yet.

export class Standing {
  #given = new Map();
  #asked = 0;
  #progress = null;

  /** Remember a verdict given here; null takes it back. */
  give(position, verdict) {
    if (verdict === null) this.#given.delete(position);
    else this.#given.set(position, { verdict, until: Infinity });
  }

  /** What was given here is not certain any more: only the server's word counts. */
  forget() {
    this.#given.clear();
  }

  /** Everything given so far has arrived: what is fetched from now on tells of it. */
  arrived() {
    const now = Date.now();
    for (const given of this.#given.values()) given.until = Math.min(given.until, now);
  }

  /** Let a place tell the newest that is known of the list. */
  apply(place) {
    const asked = Number(place.dataset.asked);
    const own = place.querySelector("[data-progress]");
    if (asked >= this.#asked) [this.#asked, this.#progress] = [asked, own];
    else own.replaceWith(this.#progress.cloneNode(true));
    for (const [position, { verdict, until }] of this.#given) {
      const thumbnail = asked < until && place.querySelector(`[data-to="${position}"]`);
      if (thumbnail) thumbnail.dataset.verdict = verdict;
    }
  }

  /** Learn from a place that was just fetched. */
  learn(fresh) {
    this.#asked = Number(fresh.dataset.asked);
    this.#progress = fresh.querySelector("[data-progress]").cloneNode(true);
  }
}
