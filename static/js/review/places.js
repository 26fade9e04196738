// The places of a list as the server draws them, fetched ahead of time, several at once, together with their pictures.
import { HttpError } from "../http.js";
import { t } from "../strings.js";

// Quick hands look at three places in the time that a slow network takes for one answer.
const AHEAD = 6;
const LOW = 4;
const KEPT_BEHIND = 3;
// Looking closely at one image takes some seconds; a coffee takes longer.
const OLD_MS = 20_000;

export class Places {
  #kept = new Map();
  #round = 0;

  constructor(base, total) {
    this.base = base;
    this.total = total;
  }

  /** The address of a place; `answer` is what was said of it in blind mode. */
  address(position, answer = "") {
    return `${this.base}&position=${position}${answer && `&answer=${answer}`}`;
  }

  /** Give a place that is ready to be shown at this moment, or nothing. */
  ready(position) {
    return this.#kept.get(position)?.place ?? null;
  }

  /** Give a place, ready to be shown: the element, its picture decoded. Fails with a sentence. */
  get(position) {
    if (!this.#kept.has(position)) this.#load(position, 1);
    return this.#kept.get(position).coming;
  }

  /** Fetch a place anew, as things stand now; what is kept stays. */
  async fresh(position, { answer = "", item = "" } = {}) {
    const found = await this.#answer(`${this.address(position, answer)}${item && `&item=${item}`}`);
    return found[0];
  }

  /** Keep a place in the state it has now. */
  keep(position, place) {
    const kept = { place, at: Date.now(), coming: Promise.resolve(place) };
    this.#kept.set(position, kept);
  }

  /** Tell whether a place was fetched so long ago that others may have judged it since. */
  isOld(position) {
    return Date.now() - (this.#kept.get(position)?.at ?? Date.now()) > OLD_MS;
  }

  /** Fetch the places that come next, and let go of those far off. */
  prepare(position) {
    for (const kept of this.#kept.keys()) {
      if (kept < position - KEPT_BEHIND || kept > position + AHEAD) this.#kept.delete(kept);
    }
    if (position > 0 && !this.#kept.has(position - 1)) this.#load(position - 1, 1);
    const last = Math.min(position + AHEAD, this.total - 1);
    let first = position + 1;
    while (first <= last && this.#kept.has(first)) first += 1;
    if (first <= last && first - position <= LOW) this.#load(first, last - first + 1);
  }

  /** The list is shown in another way from now on: what was fetched is of no use. */
  restart(base) {
    this.base = base;
    this.#round += 1;
    this.#kept.clear();
  }

  #load(from, count) {
    const round = this.#round;
    const answer = this.#answer(`${this.address(from)}&count=${count}`);
    for (let position = from; position < from + count; position += 1) {
      const kept = { place: null, at: Date.now() };
      kept.coming = this.#one(answer, position, kept);
      this.#kept.set(position, kept);
      // What failed is asked for anew the next time.
      kept.coming.catch(() => {
        if (round === this.#round && this.#kept.get(position) === kept) this.#kept.delete(position);
      });
    }
  }

  async #one(answer, position, kept) {
    const found = await answer;
    const place = found.find((each) => Number(each.dataset.position) === position);
    if (!place) throw new HttpError(t("failed", { status: 404 }), 404);
    // A picture that cannot be shown is no reason to hide the facts.
    await place
      .querySelector("[data-picture]")
      .decode()
      .catch(() => {});
    kept.place = place;
    return place;
  }

  async #answer(address) {
    const asked = Date.now();
    let response;
    try {
      response = await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
    } catch {
      throw new HttpError(t("noAnswer"), 0);
    }
    if (response.status === 401) throw new HttpError(t("signInAgain"), 401);
    if (!response.ok) throw new HttpError(t("failed", { status: response.status }), response.status);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const found = [...page.querySelectorAll("[data-place]")].map((place) => document.importNode(place, true));
    if (found.length === 0) throw new HttpError(t("failed", { status: response.status }), response.status);
    for (const place of found) place.dataset.asked = asked;
    return found;
  }
}

/** Bring what is said of a place up to date; its picture stays as it is, enlarged or not. */
export function graft(place, fresh) {
  for (const part of ["[data-facts]", ".review__strip"]) {
    place.querySelector(part).replaceWith(fresh.querySelector(part));
  }
  Object.assign(place.dataset, fresh.dataset);
  const [stage, other] = [place, fresh].map((each) => each.querySelector("[data-stage]"));
  for (const name of ["data-heatmap", "data-url", "data-also"]) {
    if (other.hasAttribute(name)) stage.setAttribute(name, other.getAttribute(name));
    else stage.removeAttribute(name);
  }
}
