// What the desk shows: the image on its ground, or why there is none, hints and figures.
import { number } from "../numbers.js";
import { t } from "../strings.js";

// A small scan is enlarged this much at most by itself; beyond it one sees pixels, not things.
const LARGEST_FIT = 4;

const ACTIONS = ["submit", "none", "skip", "reasons", "flag", "comment", "back", "forward", "undo", "redo"];

export class View {
  #shown = null;

  constructor(root, { preloader, picture, about }) {
    Object.assign(this, { root, preloader, picture, about });
    this.ground = root.querySelector("[data-ground]");
  }

  /** Show an entry's image, at once where it was preloaded. */
  async show(entry) {
    this.#flag(entry);
    if (this.#shown === entry.item.id) return;
    this.#shown = entry.item.id;
    this.part("image-name").textContent = entry.item.name;
    this.part("image-name").title = entry.item.name;
    this.part("caption").hidden = false;
    this.about.show(entry.item);
    const picture = this.preloader.picture(entry.item);
    if (!picture.isReady) {
      this.ground.replaceChildren();
      this.ground.setAttribute("aria-busy", "true");
      await picture.ready;
      if (this.#shown !== entry.item.id) return;
    }
    this.ground.removeAttribute("aria-busy");
    this.#place(picture, entry.item);
  }

  /** Show why there is no image, or nothing of the kind. */
  state(name, trouble = "") {
    this.part("trouble").textContent = trouble;
    for (const section of this.root.querySelectorAll("[data-state]")) section.hidden = section.dataset.state !== name;
    if (!name) return;
    this.#shown = null;
    this.part("caption").hidden = true;
    this.part("about").hidden = true;
    this.ground.replaceChildren();
  }

  hint(sentence) {
    this.part("hint").textContent = sentence;
  }

  /** Say something of an image that was answered before; nothing takes it away. */
  note(sentence) {
    this.part("note").textContent = sentence || "";
  }

  /** Say why images come in another order than was wished. */
  order(fallback) {
    const place = this.part("fallback");
    if (place.textContent !== fallback) place.textContent = fallback;
  }

  announce(sentence) {
    this.part("announce").textContent = sentence;
  }

  /** Show how far the tagging is: of all, and in this session. */
  progress({ done, total }, pace) {
    // An answer to a second question about an image tags nothing that was not tagged.
    this.part("done").textContent = number(Math.min(done, total));
    this.part("total").textContent = number(total);
    const bar = this.root.querySelector("progress");
    bar.max = Math.max(total, 1);
    bar.value = done;
    const words = { count: number(pace.count), rate: pace.rate && number(pace.rate) };
    this.part("session").textContent = pace.count ? t(pace.rate ? "sessionRate" : "session", words) : "";
  }

  /** Let only those actions be pressed that do something now; the names of those that do. */
  allow(names) {
    for (const name of ACTIONS) {
      for (const button of this.root.querySelectorAll(`[data-act="${name}"]`)) button.disabled = !names.has(name);
    }
  }

  part(name) {
    return this.root.querySelector(`[data-${name}]`);
  }

  #place({ element, isReady }, item) {
    if (!isReady) {
      const sentence = document.createElement("p");
      sentence.className = "desk__broken";
      sentence.textContent = t("imageBroken");
      this.ground.replaceChildren(sentence);
      return;
    }
    element.alt = t("imageAlt", { name: item.name });
    element.style.setProperty("max-inline-size", `${LARGEST_FIT * element.naturalWidth}px`);
    element.style.setProperty("max-block-size", `${LARGEST_FIT * element.naturalHeight}px`);
    this.ground.replaceChildren(element);
    this.picture.show(item);
  }

  #flag({ item }) {
    this.root.querySelector('[data-act="flag"]').setAttribute("aria-pressed", String(Boolean(item.flagged)));
    this.part("flagged").hidden = !item.flagged;
  }
}
