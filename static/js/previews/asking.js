// Asks for a preview, waits for it, and puts it in its place once all its pictures are there: nothing flickers.
import { csrfFetch, HttpError } from "../http.js";
import { t } from "../strings.js";

// An answer takes some tenths of a second; whoever waits longer is asked less often.
const FIRST_POLL_MS = 60;
const MOST_POLL_MS = 600;
const SLOWER = 1.25;
const SLOW_MS = 60_000;
// Below this nobody needs to be told that something is under way.
const SAY_AFTER_MS = 500;

export class Asking {
  #request = null;

  /** `root` holds [data-said] and [data-pictures]; `url` is where previews are asked for. */
  constructor(root, url) {
    this.url = url;
    this.said = root.querySelector("[data-said]");
    this.place = root.querySelector("[data-pictures]");
  }

  /** Show what is wished for; a newer wish takes the place of this one. Gives the seconds it took, or null. */
  async show(wish, told) {
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    const begun = performance.now();
    const busy = setTimeout(() => this.#say(t("previewWaiting")), SAY_AFTER_MS);
    this.place.setAttribute("aria-busy", "true");
    try {
      const { url } = await csrfFetch(this.url, { json: wish, signal: request.signal });
      const html = await this.#waited(url, request.signal, begun, busy);
      const shown = new DOMParser().parseFromString(html, "text/html").querySelector("[data-shown]");
      const node = document.importNode(shown, true);
      await Promise.allSettled([...node.querySelectorAll("img")].map((image) => image.decode()));
      if (request.signal.aborted) return;
      this.place.replaceChildren(node);
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      this.#say(node.querySelector(".notice--error") ? "" : told(node, seconds));
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#say(error.message);
    } finally {
      clearTimeout(busy);
      if (this.#request === request) this.place.setAttribute("aria-busy", "false");
    }
  }

  async #waited(url, signal, begun, busy) {
    for (let wait = FIRST_POLL_MS; ; wait = Math.min(wait * SLOWER, MOST_POLL_MS)) {
      await new Promise((done) => setTimeout(done, wait));
      const response = await answer(url, signal);
      if (response.status === 200) return response.text();
      const { sentence } = await response.json();
      const passed = performance.now() - begun;
      if (passed > 4 * SAY_AFTER_MS) {
        clearTimeout(busy);
        this.#say(passed > SLOW_MS ? t("previewSlow") : sentence);
      }
    }
  }

  #say(text) {
    if (this.said.textContent !== text) this.said.textContent = text;
  }
}

async function answer(url, signal) {
  let response;
  try {
    response = await fetch(url, { headers: { "HX-Request": "true" }, credentials: "same-origin", signal });
  } catch (error) {
    throw error.name === "AbortError" ? error : new HttpError(t("noAnswer"), 0);
  }
  if (response.status === 401) throw new HttpError(t("signInAgain"), 401);
  if (!response.ok) throw new HttpError(t("failed", { status: response.status }), response.status);
  return response;
}
