// What was done in this session, to be undone and done again without limit.

/**
 * `kind` is settle (an answer or a skip), choice (labels of an image) or flag.
 * @typedef {{kind: string, entry: import("./timeline.js").Entry}} Action
 */

export class History {
  #done = [];
  #undone = [];

  /** `isHere` tells whether an entry can still be looked at: others may have got its image meanwhile. */
  constructor(isHere) {
    this.isHere = isHere;
  }

  get canUndo() {
    return this.#done.some(({ entry }) => this.isHere(entry));
  }

  get canRedo() {
    return this.#undone.some(({ entry }) => this.isHere(entry));
  }

  /** Remember something done; what was undone before it cannot be done again. */
  add(action) {
    this.#done.push(action);
    this.#undone = [];
  }

  /** Give the last thing done, which the caller undoes. */
  back() {
    return this.#move(this.#done, this.#undone);
  }

  /** Give the last thing undone, which the caller does again. */
  again() {
    return this.#move(this.#undone, this.#done);
  }

  /** Forget the actions that a test picks out. */
  forget(test) {
    this.#done = this.#done.filter((action) => !test(action));
    this.#undone = this.#undone.filter((action) => !test(action));
  }

  #move(from, to) {
    for (let action = from.pop(); action; action = from.pop()) {
      if (!this.isHere(action.entry)) continue;
      to.push(action);
      return action;
    }
    return null;
  }
}
