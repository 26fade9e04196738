// What was marked in the grid: kept in this browser until the server has confirmed it, through pages, labels and days.

export class Marks {
  #kept;

  constructor(account, run) {
    this.name = `loupe-marks-${account}-${run}`;
    this.#kept = read(this.name);
  }

  /** What is to be done with a place, "IMAGE-LABEL"; nothing where it was not marked. */
  of(item) {
    return this.#kept.items[item];
  }

  /** What an image is where nothing was marked, and what a click makes of it, as "label_error/model_error". */
  get mode() {
    return this.#kept.mode;
  }

  set mode(value) {
    this.#kept.mode = value;
    this.#write();
  }

  /** Mark a place; null forgets the mark. */
  set(item, state) {
    if (state === null) delete this.#kept.items[item];
    else this.#kept.items[item] = state;
    this.#write();
  }

  forget(items) {
    for (const item of items) delete this.#kept.items[item];
    this.#write();
  }

  #write() {
    try {
      localStorage.setItem(this.name, JSON.stringify(this.#kept));
    } catch {
      // The page itself still knows them.
    }
  }
}

function read(name) {
  const empty = { items: {}, mode: "label_error/model_error" };
  try {
    return { ...empty, ...JSON.parse(localStorage.getItem(name) ?? "{}") };
  } catch {
    return empty;
  }
}
