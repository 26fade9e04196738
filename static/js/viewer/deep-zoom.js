// Deep zoom: where an image has more pixels than the version shown, its tiles are laid over it once it is enlarged so far
// that they could be seen. Bound to a ground with data-deep-zoom that holds an <img data-tiles data-full-width>.
import { behaviour } from "../behaviours.js";
import { t } from "../strings.js";
import { describe, peek } from "./description.js";
import { Layer } from "./layer.js";
import { loadLibrary } from "./library.js";
import { wantsMore } from "./place.js";

// Who stays on a large image this long may soon enlarge it: what that needs is fetched meanwhile.
const DWELL_MS = 300;

class DeepZoom {
  #image = null;
  #layer = null;
  #left = new AbortController();
  #known = null;
  #begun = false;

  constructor(ground) {
    this.ground = ground;
    new MutationObserver((changes) => {
      // What happens within the tiles themselves is none of our business.
      if (changes.some(({ target }) => target === ground || target === this.#image)) this.#look();
    }).observe(ground, {
      childList: true,
      subtree: true,
      attributes: true,
      attributeFilter: ["style", "data-altered"],
    });
    new ResizeObserver(() => this.#look()).observe(ground);
    ground.addEventListener("load", () => this.#look(), { capture: true });
  }

  #look() {
    const image = this.ground.querySelector("img[data-tiles]");
    if (image !== this.#image) this.#change(image);
    if (!image) return;
    const wanted = wantsMore(image);
    this.#layer?.show(wanted);
    if (wanted && !this.#begun) this.#begin();
  }

  #change(image) {
    this.#left.abort();
    this.#layer?.end();
    this.#left = new AbortController();
    [this.#image, this.#layer, this.#known, this.#begun] = [image, null, null, false];
    this.#say("");
    const { signal } = this.#left;
    if (image) setTimeout(() => signal.aborted || this.#prepare(signal), DWELL_MS);
  }

  async #prepare(signal) {
    const { tiles, fullWidth } = this.#image.dataset;
    if (this.#begun || !(Number(fullWidth) > this.#image.naturalWidth)) return;
    try {
      this.#known = await peek(tiles, signal);
      if (this.#known) await loadLibrary();
    } catch {
      // Nobody has asked yet; who does is told.
    }
  }

  async #begin(isAgain = false) {
    this.#begun = true;
    const { signal } = this.#left;
    const { tiles } = this.#image.dataset;
    const say = (sentence) => signal.aborted || this.#say(sentence);
    try {
      const description = (!isAgain && this.#known) || (await describe(tiles, { signal, say }));
      if (!description) return;
      const library = await loadLibrary();
      if (signal.aborted) return;
      const layer = new Layer(library, this.ground, this.#image, description, {
        onFailed: () => this.#layer === layer && this.#again(isAgain),
      });
      this.#layer = layer;
      layer.show(wantsMore(this.#image));
    } catch (error) {
      if (signal.aborted) return;
      this.#say(error.passing ? t("tilesFailed") : error.message);
      // Whoever goes on looking tries once more.
      this.#begun = !error.passing;
    }
  }

  // The tiles may have been removed to make room for others since: then they are made once more.
  #again(wasAgain) {
    this.#layer.end();
    [this.#layer, this.#known] = [null, null];
    if (wasAgain) this.#say(t("tilesFailed"));
    else this.#begin(true);
  }

  #say(sentence) {
    const place = this.ground.closest("[data-deep-zoom-within]") ?? this.ground;
    const line = place.querySelector("[data-deep-zoom-status]");
    if (line && line.textContent !== sentence) line.textContent = sentence;
  }
}

behaviour("[data-deep-zoom]", (ground) => new DeepZoom(ground));
