// The labels in the rail: present, not sure or untouched, with the model's suggestions beside them.
import { t } from "../strings.js";

export class Labels {
  constructor(list, { source, shown, onChange }) {
    Object.assign(this, { list, source, shown, onChange });
    this.rows = new Map([...list.querySelectorAll("[data-label]")].map((row) => [Number(row.dataset.label), row]));
    this.answers = new Map();
    list.addEventListener("click", (event) => this.#clicked(event));
    for (const type of ["pointerover", "focusin"]) list.addEventListener(type, (event) => this.#explain(event.target));
    for (const type of ["pointerleave", "focusout"]) list.addEventListener(type, () => this.#explain(null));
  }

  /** Which labels are asked, each with the version of the definition that is shown. */
  get asked() {
    return Object.fromEntries([...this.rows].map(([id, row]) => [id, Number(row.dataset.version)]));
  }

  /** The chosen labels by name, for whoever listens instead of looking. */
  get summary() {
    const names = [...this.answers].map(([id, value]) => {
      const name = this.rows.get(id).dataset.name;
      return value === "unsure" ? t("unsureOf", { label: name }) : name;
    });
    return names.join(", ");
  }

  /** Show an entry's answers, which from here on are changed in place, and its suggestions. */
  show(entry) {
    this.answers = entry?.answers ?? new Map();
    for (const id of this.answers.keys()) if (!this.rows.has(id)) this.answers.delete(id);
    const suggestions = new Map((entry?.item.suggestions ?? []).map((one) => [one.label, one]));
    for (const [id, row] of this.rows) this.#suggest(row, suggestions.get(id));
    this.source.hidden = suggestions.size === 0;
    this.#draw();
  }

  /** Set a label to present or unsure, or back to untouched. */
  toggle(id, value) {
    if (this.answers.get(id) === value) this.answers.delete(id);
    else this.answers.set(id, value);
    this.#draw();
    this.onChange();
  }

  clear() {
    this.answers.clear();
    this.#draw();
  }

  /** Find the label that a key belongs to. */
  byKey(key) {
    for (const [id, row] of this.rows) if (row.dataset.key === key) return id;
    return null;
  }

  /** Show or hide all definitions. */
  define(open) {
    for (const text of this.list.querySelectorAll("[data-definition]")) text.hidden = !open;
    this.#explain(null);
  }

  #clicked(event) {
    const row = event.target.closest("[data-label]");
    const button = event.target.closest("button");
    if (row && button) this.toggle(Number(row.dataset.label), "unsure" in button.dataset ? "unsure" : "present");
  }

  #draw() {
    for (const [id, row] of this.rows) {
      const value = this.answers.get(id);
      row.querySelector("[data-present]").setAttribute("aria-pressed", String(value === "present"));
      row.querySelector("[data-unsure]").setAttribute("aria-pressed", String(value === "unsure"));
    }
  }

  #suggest(row, suggestion) {
    const place = row.querySelector("[data-suggestion]");
    place.hidden = !suggestion;
    if (!suggestion) return;
    place.toggleAttribute("data-predicted", suggestion.predicted);
    place.querySelector("[data-bar]").setAttribute("width", (100 * suggestion.probability).toFixed(1));
    place.querySelector("[data-probability]").textContent = suggestion.probability.toFixed(2);
  }

  // The definition of the label under the pointer or the focus, unless all of them stand open already.
  #explain(target) {
    const definition = target?.closest("[data-label]")?.querySelector("[data-definition]");
    this.shown.textContent = definition?.hidden ? definition.textContent : "";
  }
}
