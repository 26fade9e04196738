// The labels in the rail: present, not sure or untouched, in groups, of which some take one label only.
import { t } from "../strings.js";
import { suggest } from "./suggestions.js";

export class Labels {
  /** `list` holds the rows; `source` says where the bars come from; onChange gets what was chosen before. */
  constructor(list, { source, onChange, onShow }) {
    Object.assign(this, { list, source, onChange, onShow });
    this.entry = null;
    this.read();
    list.addEventListener("click", (event) => this.#clicked(event));
  }

  /** Read the rows anew, after they were fetched anew. */
  read() {
    this.rows = new Map([...this.list.querySelectorAll("[data-label]")].map((row) => [Number(row.dataset.label), row]));
    this.groups = [...this.list.querySelectorAll("[data-exclusive]")];
  }

  get answers() {
    return this.entry?.answers ?? new Map();
  }

  /** Which labels are asked, each with the version of the definition that is shown. */
  get asked() {
    const ids = [...this.rows.keys()].filter((id) => this.#isAsked(id));
    return Object.fromEntries(ids.map((id) => [id, Number(this.rows.get(id).dataset.version)]));
  }

  /** The chosen labels by name, for whoever listens instead of looking. */
  get summary() {
    return [...this.answers].map(([id, value]) => this.said(id, value)).join(", ");
  }

  /** Groups that take exactly one label and have none. */
  get unanswered() {
    const asked = this.groups.filter((group) => !group.querySelector("[data-told]"));
    const open = asked.filter((group) => !this.#idsOf(group).some((id) => this.answers.has(id)));
    return open.map((group) => group.dataset.exclusive);
  }

  /** Name a label and what is chosen of it. */
  said(id, value) {
    const { name } = this.rows.get(id).dataset;
    return value === "unsure" ? t("unsureOf", { label: name }) : name;
  }

  /** Show an entry's answers, which from here on are changed in place, and its suggestions. */
  show(entry) {
    this.entry = entry;
    for (const id of this.answers.keys()) if (!this.#isAsked(id)) this.answers.delete(id);
    const suggestions = new Map((entry?.item.suggestions ?? []).map((one) => [one.label, one]));
    for (const [id, row] of this.rows) suggest(row, suggestions.get(id));
    this.source.hidden = suggestions.size === 0;
    this.#draw();
  }

  /** Set a label to present or unsure, or back to untouched. */
  toggle(id, value) {
    const row = this.rows.get(id);
    if (!this.entry || !this.#isAsked(id)) return;
    const before = new Map(this.answers);
    this.entry.marks.delete(id);
    if (this.answers.get(id) === value) this.answers.delete(id);
    else this.#choose(id, value, row.closest("[data-exclusive]"));
    this.#draw();
    this.onChange(before);
  }

  /** Find the label that a key belongs to. */
  byKey(key) {
    for (const [id, row] of this.rows) if (row.dataset.key === key) return id;
    return null;
  }

  // One of a group that takes one label releases the others.
  #choose(id, value, group) {
    for (const other of group && value === "present" ? this.#idsOf(group) : []) {
      this.answers.delete(other);
      this.entry.marks.delete(other);
    }
    this.answers.set(id, value);
  }

  // A label that is only told, because another one is asked, cannot be answered.
  #isAsked(id) {
    return this.rows.has(id) && !this.rows.get(id).hasAttribute("data-told");
  }

  #idsOf(group) {
    return [...group.querySelectorAll("[data-label]")].map((row) => Number(row.dataset.label));
  }

  #clicked(event) {
    const row = event.target.closest("[data-label]");
    const button = event.target.closest("[data-present], [data-unsure]");
    if (row && button) this.toggle(Number(row.dataset.label), "unsure" in button.dataset ? "unsure" : "present");
  }

  #draw() {
    for (const [id, row] of this.rows) {
      const value = this.answers.get(id) ?? (this.#isAsked(id) ? undefined : this.entry?.item.known?.[id]);
      row.querySelector("[data-present]").setAttribute("aria-pressed", String(value === "present"));
      row.querySelector("[data-unsure]").setAttribute("aria-pressed", String(value === "unsure"));
      row.querySelector("[data-by-model]").hidden = !this.entry?.marks.has(id);
    }
    this.onShow();
  }
}
