// Which images are selected: one by one, in ranges, all.
export class Selection {
  ids = new Set();
  #anchor = 0;
  #range = [];

  constructor(source, onChange) {
    Object.assign(this, { source, onChange });
  }

  get size() {
    return this.ids.size;
  }

  has(id) {
    return this.ids.has(id);
  }

  /** Select an image, or no longer; with it those that `alike` names. */
  toggle(place, alike = []) {
    const id = this.source.ids[place];
    const on = !this.ids.has(id);
    for (const each of [id, ...alike]) {
      if (on) this.ids.add(each);
      else this.ids.delete(each);
    }
    this.#anchor = place;
    this.#range = [];
    this.onChange();
  }

  /** Select all from where the last one was taken up to here; what the last range had and this one lacks goes again. */
  rangeTo(place) {
    for (const id of this.#range) this.ids.delete(id);
    const [from, to] = [Math.min(this.#anchor, place), Math.max(this.#anchor, place)];
    this.#range = Array.from(this.source.ids.subarray(from, to + 1)).filter((id) => !this.ids.has(id));
    for (const id of this.#range) this.ids.add(id);
    this.onChange();
  }

  /** A range begins here if nothing is selected yet. */
  startAt(place) {
    if (this.size > 0) return;
    this.#anchor = place;
    this.#range = [];
  }

  /** Select these beside those that were there: what a frame is drawn around. */
  set(ids) {
    this.ids = new Set(ids);
    this.#range = [];
    this.onChange();
  }

  all() {
    this.set(this.source.ids);
  }

  clear() {
    this.set([]);
  }
}
