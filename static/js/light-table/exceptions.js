// What is said of the images of a page: all are taken as one answer, but for the exceptions.
const KEPT = "loupe-table-taken-as";
const OTHER = { present: "absent", absent: "present" };

export class Exceptions {
  #touched = new Map();

  /** `guess(id)` is what the model says of an image: present or absent. */
  constructor(choice, { guess, onChange }) {
    this.choice = choice;
    this.guess = guess;
    const kept = localStorage.getItem(KEPT);
    if ([...choice.options].some((option) => option.value === kept)) choice.value = kept;
    this.choice.addEventListener("change", () => {
      this.#mean();
      onChange();
    });
  }

  has(id) {
    return this.#touched.has(id);
  }

  /** Tell what is said of an image: present, absent or unsure. */
  answer(id) {
    return this.#touched.get(id) ?? this.#usual(id);
  }

  /** Take images as exceptions, or no longer, as the first one is; `unsure` where nobody can tell. */
  toggle(ids, unsure) {
    const value = unsure ? "unsure" : OTHER[this.#usual(ids[0])];
    const on = this.#touched.get(ids[0]) !== value;
    for (const id of ids) {
      if (on) this.#touched.set(id, value);
      else this.#touched.delete(id);
    }
  }

  /** Give the exceptions among some images, [[id, answer]]. */
  of(ids) {
    return ids.filter((id) => this.has(id)).map((id) => [id, this.#touched.get(id)]);
  }

  set(touched) {
    this.#touched = new Map(touched);
  }

  #usual(id) {
    return this.choice.value === "model" ? this.guess(id) : this.choice.value;
  }

  // What was said of an image stands, unless it is now what is said of it anyway.
  #mean() {
    localStorage.setItem(KEPT, this.choice.value);
    for (const [id, value] of this.#touched) if (value === this.#usual(id)) this.#touched.delete(id);
  }
}
