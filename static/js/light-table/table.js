// The free table: images are selected, one label is given to all of them, or taken away, as one step.
import { t } from "../strings.js";
import { bindFrame } from "./frame.js";
import { Selection } from "./selection.js";
import { Surface } from "./surface.js";
import { paint } from "./tile.js";

export class Table extends Surface {
  // Once tagged, the next click begins anew; until then more labels can be given to the same images.
  #spent = false;

  constructor(root) {
    super(root);
    this.selection = new Selection(this.source, () => this.#told());
    this.chooser = root.querySelector("[data-label]");
    this.chooser.addEventListener("change", () => this.grid.refresh());
    bindFrame(this.grid.view, {
      begin: () => new Set(this.#spent ? [] : this.selection.ids),
      cover: (before, ...edges) => this.#cover(before, edges),
    });
    this.open();
  }

  get label() {
    return this.labels.find((each) => each.id === Number(this.chooser.value));
  }

  get count() {
    return this.source.length;
  }

  idAt(place) {
    return this.source.ids[place];
  }

  draw(tile, place, load) {
    const id = this.idAt(place);
    const { label, labels, source } = this;
    const said = source.state(id, label.id);
    const more = { seen: source.known(id), alike: source.alike(id).length, selected: this.selection.has(id) };
    paint(tile, { id, said, label, labels, place, count: this.count, source, load, ...more });
  }

  /** Select or no longer, with Shift from the last one on. */
  touch(place, { shift = false } = {}) {
    if (this.#spent) this.selection.ids.clear();
    this.#spent = false;
    if (shift) this.selection.rangeTo(place);
    else this.selection.toggle(place, this.together ? this.source.alike(this.idAt(place)) : []);
  }

  move(across, down, shift) {
    const { active } = this.grid;
    if (shift) this.selection.startAt(active);
    super.move(across, down);
    if (shift) this.touch(this.grid.active, { shift });
  }

  /** Give a label to what is selected, or else to the image that has the focus; `value` null turns it over. */
  tag(value, label = this.label) {
    const chosen = this.#chosen();
    if (chosen.length === 0) {
      this.tell(t("tableChoose"));
      return;
    }
    this.chooser.value = label.id;
    const all = chosen.every((id) => this.source.state(id, label.id) === "present");
    const answer = value ?? (all ? "absent" : "present");
    const answers = chosen.map((id) => [id, answer]);
    this.answers.give({ label: label.id, version: label.version, answers, before: this.say(label.id, answers) });
    this.#spent = true;
    this.tell(t(`tagged_${answer}`, { count: chosen.length.toLocaleString(), label: label.name }));
  }

  act(name) {
    if (["present", "absent", "unsure"].includes(name)) this.tag(name);
    else if (name === "question") location.href = `${location.pathname}?ask=${this.label.id}`;
    else super.act(name);
  }

  #chosen() {
    if (this.selection.size > 0) return [...this.selection.ids];
    return document.activeElement === this.grid.view && this.count > 0 ? [this.idAt(this.grid.active)] : [];
  }

  #told() {
    const { size } = this.selection;
    this.root.querySelector("[data-tally]").textContent = size
      ? t("tableSelected", { count: size.toLocaleString() })
      : t("tableNone");
    this.announce(this.root.querySelector("[data-tally]").textContent);
    this.grid.refresh();
  }

  // All that the frame touches.
  #cover(before, [left, top, right, bottom]) {
    this.#spent = false;
    const frame = this.grid.view.getBoundingClientRect();
    const first = this.#cellAt(left - frame.left, top - frame.top);
    const last = this.#cellAt(right - frame.left, bottom - frame.top);
    const ids = new Set(before);
    for (let row = first.row; row <= last.row; row += 1) {
      for (let column = first.column; column <= last.column; column += 1) {
        const place = row * this.grid.columns + column;
        if (column < this.grid.columns && place < this.count) ids.add(this.idAt(place));
      }
    }
    this.selection.set(ids);
  }

  // The row and the column at a point of the ground as it is scrolled.
  #cellAt(x, y) {
    const { view, rowHeight } = this.grid;
    const row = Math.max(0, Math.floor((y + view.scrollTop) / rowHeight));
    return { row, column: Math.max(0, Math.floor(x / rowHeight)) };
  }
}
