// The places of a list as the server draws them, fetched ahead of time together with their pictures.
import { HttpError } from "../http.js";
import { t } from "../strings.js";

// The next place is asked for most often; the one after it, when someone is quick.
const AHEAD = [1, 2, -1];
// Looking closely at one image takes some seconds; a coffee takes longer.
const OLD_MS = 20_000;

export class Places {
  #kept = new Map();

  constructor(base, total) {
    this.base = base;
    this.total = total;
  }

  address(position) {
    return `${this.base}&position=${position}`;
  }

  /** Give a place, ready to be shown: the element, its picture decoded. Fails with a sentence. */
  get(position) {
    const known = this.#kept.get(position);
    if (known) return known.place;
    const place = this.#fetch(position);
    this.#kept.set(position, { place, at: Date.now() });
    // What failed is asked for anew the next time.
    place.catch(() => this.#kept.get(position)?.place === place && this.#kept.delete(position));
    return place;
  }

  /** Tell whether a place was fetched so long ago that others may have judged it since. */
  isOld(position) {
    return Date.now() - (this.#kept.get(position)?.at ?? Date.now()) > OLD_MS;
  }

  /** Fetch the places around this one, and let go of those far off. */
  prepare(position) {
    for (const kept of this.#kept.keys()) if (Math.abs(kept - position) > 3) this.#kept.delete(kept);
    for (const step of AHEAD) {
      const next = position + step;
      if (next >= 0 && next < this.total) this.get(next).catch(() => {});
    }
  }

  /** What was fetched before a verdict was saved tells of the time before it. */
  forget() {
    this.#kept.clear();
  }

  async #fetch(position) {
    const place = await this.#answer(position);
    const picture = place.querySelector("[data-picture]");
    // A picture that cannot be shown is no reason to hide the facts.
    await picture.decode().catch(() => {});
    return place;
  }

  async #answer(position) {
    let response;
    try {
      response = await fetch(this.address(position), {
        headers: { "HX-Request": "true" },
        credentials: "same-origin",
      });
    } catch {
      throw new HttpError(t("noAnswer"), 0);
    }
    if (response.status === 401) throw new HttpError(t("signInAgain"), 401);
    if (!response.ok) throw new HttpError(t("failed", { status: response.status }), response.status);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const place = page.querySelector("[data-place]");
    if (!place) throw new HttpError(t("failed", { status: response.status }), response.status);
    return document.importNode(place, true);
  }
}
