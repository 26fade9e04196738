// The images just above and just below the threshold of a card: fetched when the card is in sight and the hand rests.
import { HttpError } from "../http.js";
import { t } from "../strings.js";

// Long enough that a moving slider asks nothing, short enough to be felt as at once.
const REST_MS = 250;

export class Cut {
  #timer = 0;
  #request = null;
  #shown = null;
  #inSight = false;

  /** `onShown` is called with the place after each change. */
  constructor(card, onShown) {
    Object.assign(this, { card, onShown });
    this.place = card.root.querySelector("[data-cut]");
    new IntersectionObserver((entries) => {
      this.#inSight = entries.at(-1).isIntersecting;
      this.follow();
    }).observe(card.root);
  }

  /** Show the images at the threshold that the card stands at now, once it rests. */
  follow() {
    clearTimeout(this.#timer);
    if (!this.#inSight || this.#shown === this.card.value) return;
    this.#timer = setTimeout(() => this.#load(this.card.value), REST_MS);
  }

  async #load(value) {
    this.#request?.abort();
    this.#request = new AbortController();
    try {
      const html = await this.#answer(`${this.card.root.dataset.images}?at=${value}`, this.#request.signal);
      const page = new DOMParser().parseFromString(html, "text/html");
      this.place.replaceChildren(document.importNode(page.querySelector(".cut"), true));
      this.#shown = value;
      this.onShown(this.place);
    } catch (error) {
      if (error.name !== "AbortError") this.place.textContent = error.message;
    }
  }

  async #answer(url, signal) {
    let response;
    try {
      response = await fetch(url, { headers: { "HX-Request": "true" }, credentials: "same-origin", signal });
    } catch (error) {
      throw error.name === "AbortError" ? error : new HttpError(t("noAnswer"), 0);
    }
    if (response.status === 401) throw new HttpError(t("signInAgain"), 401);
    if (!response.ok) throw new HttpError(t("failed", { status: response.status }), response.status);
    return response.text();
  }
}
