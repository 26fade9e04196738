// The thresholds page: a card for each label, and one bar that saves all that was moved as one new set.
import { behaviour } from "../behaviours.js";
import { t } from "../strings.js";
import { Card } from "./card.js";
import { loadWhenNear } from "./counts.js";
import { Cut } from "./cut.js";
import { Judging } from "./judging.js";

class Page {
  #cards = [];
  #leaving = false;

  constructor(root) {
    this.root = root;
    this.bar = root.querySelector("[data-save]");
    const judging = new Judging(root);
    loadWhenNear(root.querySelectorAll("[data-threshold-card]"), root.dataset.counts, (element, data) => {
      const card = new Card(element, data, () => {
        cut.follow();
        this.#tell();
      });
      const cut = new Cut(card, (place) => judging.mark(place));
      this.#cards.push(card);
      element.dataset.ready = "";
    });
    this.bar.querySelector("[data-reset-all]").addEventListener("click", () => this.#resetAll());
    this.bar.addEventListener("submit", () => this.#fill());
    // What was moved and not saved is lost with the page: the browser asks first.
    addEventListener("beforeunload", (event) => this.#moved.length > 0 && !this.#leaving && event.preventDefault());
  }

  get #moved() {
    return this.#cards.filter((card) => card.moved);
  }

  #tell() {
    const { length } = this.#moved;
    this.bar.hidden = length === 0;
    const key = length === 1 ? "thresholdChangedOne" : "thresholdChanged";
    const said = length === 0 ? "" : t(key, { count: length });
    const place = this.bar.querySelector("[data-save-count]");
    // Only when it changes, so that a screen reader does not repeat it with every step of a slider.
    if (place.textContent !== said) place.textContent = said;
  }

  #resetAll() {
    for (const card of this.#moved) card.reset();
  }

  #fill() {
    const inputs = this.#moved.flatMap((card) => [hidden("label", card.id), hidden("value", card.value)]);
    this.bar.querySelector("[data-save-inputs]").replaceChildren(...inputs);
    this.#leaving = true;
  }
}

function hidden(name, value) {
  return Object.assign(document.createElement("input"), { type: "hidden", name, value });
}

behaviour("[data-thresholds]", (root) => new Page(root));
