// Find a label by typing: arrows choose among those that match, Enter ticks it, Escape goes back to the image.
import { t } from "../strings.js";

// Letters without their accents, so that "facade" finds "façade".
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export class Search {
  #active = null;
  #found = [];

  /** `field` is typed into, `none` says that nothing matches; `submit` answers the image, `leave` gives the keys back to the image, `announce` speaks. */
  constructor(field, { none, labels, submit, leave, announce }) {
    Object.assign(this, { field, none, labels, submit, leave, announce });
    field.addEventListener("input", () => this.#look());
    field.addEventListener("keydown", (event) => this.#pressed(event));
    field.addEventListener("blur", () => field.value === "" && this.#mark(null));
  }

  open() {
    this.field.closest("[data-find-box]").hidden = false;
    this.field.focus();
    this.field.select();
  }

  #look() {
    const wanted = plain(this.field.value.trim());
    const rows = [...this.labels.rows.values()];
    const ranks = new Map(rows.map((row) => [row, rank(plain(row.dataset.name), wanted)]));
    for (const row of rows) row.toggleAttribute("data-unmatched", ranks.get(row) === 0);
    for (const group of this.labels.list.querySelectorAll("[data-group]")) {
      group.toggleAttribute("data-unmatched", !group.querySelector("[data-label]:not([data-unmatched])"));
    }
    this.#found = wanted ? rows.filter((row) => ranks.get(row) > 0) : [];
    const best = this.#found.reduce((top, row) => (ranks.get(row) > (ranks.get(top) ?? 0) ? row : top), null);
    this.#mark(best);
    this.none.hidden = Boolean(best) || !wanted;
    if (!this.none.hidden) this.announce(this.none.textContent);
  }

  #mark(row) {
    this.#active?.removeAttribute("data-active");
    this.#active = row;
    if (!row) return;
    row.setAttribute("data-active", "");
    row.scrollIntoView({ block: "nearest" });
    const place = { place: this.#found.indexOf(row) + 1, count: this.#found.length };
    this.announce(`${this.#spoken(row)} ${t("placeOf", place)}`);
  }

  #spoken(row) {
    const id = Number(row.dataset.label);
    const value = this.labels.answers.get(id);
    return value ? t("isChosen", { label: this.labels.said(id, value) }) : row.dataset.name;
  }

  #pressed(event) {
    if (event.isComposing) return;
    // The key that leads here, pressed again before the next name, is no part of it.
    if (event.key === "/" && this.field.value === "") return event.preventDefault();
    const run = { Enter: () => this.#enter(event), Escape: () => this.#close() }[event.key];
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!run && !by) return;
    event.preventDefault();
    event.stopPropagation();
    if (run) run();
    else if (this.#found.length > 0) this.#step(by);
  }

  #step(by) {
    const { length } = this.#found;
    this.#mark(this.#found[(this.#found.indexOf(this.#active) + by + length) % length]);
  }

  // With nothing typed Enter submits, so that a whole image can be answered without leaving the field.
  #enter({ shiftKey, repeat }) {
    if (repeat) return;
    if (!this.field.value.trim()) return this.submit();
    if (!this.#active) return;
    this.labels.toggle(Number(this.#active.dataset.label), shiftKey ? "unsure" : "present");
    this.#clear();
  }

  #close() {
    this.#clear();
    this.field.closest("[data-find-box]").hidden = this.field.closest("[data-find-box]").hasAttribute("data-few");
    this.leave();
  }

  #clear() {
    this.field.value = "";
    this.#look();
  }
}

// The beginning of the name comes before that of a word in it, and that before any other place.
function rank(name, wanted) {
  if (!wanted || name.startsWith(wanted)) return 3;
  if (name.split(/[\s-]+/u).some((word) => word.startsWith(wanted))) return 2;
  return name.includes(wanted) ? 1 : 0;
}
