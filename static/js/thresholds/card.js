// One label's card: the slider moves the line, and every figure follows in the browser.
import { t } from "../strings.js";
import { figures, fromEachStepOn, written } from "./figures.js";
import { drawBars } from "./histogram.js";

const STEPS = 1000;
// What a key adds, in thousandths; with Shift an arrow goes by one.
const KEYS = { ArrowRight: 10, ArrowUp: 10, ArrowLeft: -10, ArrowDown: -10, PageUp: 100, PageDown: -100 };

export class Card {
  /** `onMove` is called after every change of the threshold. */
  constructor(root, data, onMove) {
    Object.assign(this, { root, data, onMove, id: data.id, value: data.threshold });
    this.above = Object.fromEntries(
      ["present", "absent", "collection"].map((name) => [name, fromEachStepOn(data[name])]),
    );
    this.slider = root.querySelector("[data-slider]");
    this.number = root.querySelector("[data-number]");
    this.shade = root.querySelector("[data-shade]");
    this.#prepare();
    this.#show();
  }

  get moved() {
    return this.value !== this.data.threshold;
  }

  /** Count what the threshold shown predicts: exactly, also where the one in force lies between two steps. */
  get counts() {
    if (!this.moved) return this.data.active;
    const step = Math.round(this.value * STEPS);
    return { tp: this.above.present[step], fp: this.above.absent[step], collection: this.above.collection[step] };
  }

  /** Move to a number of thousandths. */
  moveTo(step) {
    const whole = Math.min(STEPS, Math.max(0, Math.round(step)));
    const value = whole / STEPS;
    // Put back where it was, the threshold in force is meant, digits and all.
    this.set(value.toFixed(3) === this.data.threshold.toFixed(3) ? this.data.threshold : value);
  }

  reset() {
    this.set(this.data.threshold);
  }

  set(value) {
    if (value === this.value) return;
    this.value = value;
    this.#show();
    this.onMove(this);
  }

  #prepare() {
    drawBars(this.root, this.data);
    for (const side of ["present", "absent"])
      this.root.querySelector(`[data-count="${side}"]`).textContent = this.above[side][0].toLocaleString();
    const { crossFitted, beta, gain } = this.data;
    this.root.querySelector("[data-beta]").textContent = `F${beta}`;
    this.root.querySelector("[data-gain]").textContent = gain;
    if (crossFitted) this.#fill("cross", figures(crossFitted.tp, crossFitted.fp, crossFitted.fn, beta));
    this.slider.addEventListener("input", () => this.moveTo(this.slider.valueAsNumber * STEPS));
    this.slider.addEventListener("keydown", (event) => this.#key(event));
    this.number.addEventListener("input", () => {
      const given = this.number.valueAsNumber;
      if (given >= 0 && given <= 1) this.moveTo(given * STEPS);
    });
    this.number.addEventListener("change", () => this.#show());
    const reset = this.root.querySelector("[data-reset]");
    reset.addEventListener("click", () => this.reset());
    for (const control of [this.slider, this.number, reset]) control.disabled = false;
  }

  #key(event) {
    const by = KEYS[event.key];
    if (!by || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.moveTo(Math.round(this.value * STEPS) + (event.shiftKey ? Math.sign(by) : by));
  }

  #show() {
    const { tp, fp, collection } = this.counts;
    const shown = figures(tp, fp, this.above.present[0] - tp, this.data.beta);
    this.#fill("figure", shown);
    this.shade.setAttribute("width", 1000 * this.value);
    this.slider.value = this.value.toFixed(3);
    if (document.activeElement !== this.number || this.number.valueAsNumber !== Number(this.value.toFixed(3)))
      this.number.value = this.value.toFixed(3);
    this.root.querySelector("[data-changed]").hidden = !this.moved;
    this.#showTagged(collection);
    this.slider.setAttribute(
      "aria-valuetext",
      t("thresholdSpoken", {
        value: this.value.toFixed(3),
        precision: shown.precision.value?.toFixed(2) ?? t("thresholdNothing"),
        recall: shown.recall.value?.toFixed(2) ?? t("thresholdNothing"),
        count: collection.toLocaleString(),
      }),
    );
  }

  #showTagged(count) {
    const change = count - this.data.active.collection;
    const key = change > 0 ? "thresholdMore" : "thresholdFewer";
    this.root.querySelector("[data-tagged]").textContent = count.toLocaleString();
    this.root.querySelector("[data-tagged-of]").textContent = t("thresholdOf", {
      count: this.above.collection[0].toLocaleString(),
    });
    this.root.querySelector("[data-tagged-change]").textContent =
      change === 0 ? t("thresholdAsNow") : t(key, { count: Math.abs(change).toLocaleString() });
  }

  #fill(kind, shown) {
    for (const [name, figure] of Object.entries(shown)) {
      const place = this.root.querySelector(`[data-${kind}="${name}"]`);
      place.textContent = written(figure) ?? t("thresholdNothing");
      if (figure.whole) place.title = t("thresholdFound", { part: figure.part, whole: figure.whole });
    }
  }
}
