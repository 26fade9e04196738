// The images of this session in their order: those dealt with (past), and those that come (queue).

/**
 * `answers` is what is chosen on the screen, `saved` what was last submitted, `key` the save's name; `marks` are labels
 * that the model chose and nobody has touched; `skip` says why the image was skipped.
 * @typedef {{item: object, answers: Map<number, string>, saved: Map<number, string>, marks: Set<number>,
 *   state: "open" | "answered" | "skipped", key: string | null, skip: object | null}} Entry
 */

/** Make an entry of an image the server gave; `given` holds answers from an earlier session, null for a skip. */
export function entryOf(item, given) {
  const chosen = Object.entries(given ?? {}).filter(([, value]) => value !== "absent");
  const answers = new Map(chosen.map(([label, value]) => [Number(label), value]));
  const state = given === undefined ? "open" : given === null ? "skipped" : "answered";
  const marks = new Set(state === "open" ? byModel(item) : []);
  for (const label of marks) answers.set(label, "present");
  return { item, answers, saved: new Map(answers), marks, state, key: null, skip: item.skipped ?? null, round: -1 };
}

// Where the project wants it so, the labels that the model predicts are chosen already.
function byModel({ suggestions = [] }) {
  return suggestions.filter((one) => one.chosen).map((one) => one.label);
}

export class Timeline {
  past = [];
  queue = [];
  cursor = 0;
  /** Whether what earlier visits did is still being fetched. */
  pastIsComing = true;
  /** Counts how often another order or choice of images was begun. */
  round = 0;

  /** The entry before the annotator's eyes, or null. */
  get current() {
    return this.past[this.cursor] ?? this.queue[0] ?? null;
  }

  get looksBack() {
    return this.cursor < this.past.length;
  }

  /** Put what earlier sessions did before everything else. */
  remember(entries) {
    const known = new Set(this.ids());
    // Of two entries of one image the later one counts.
    const last = new Map(entries.map((entry) => [entry.item.id, entry]));
    const earlier = entries.filter((entry) => !known.has(entry.item.id) && last.get(entry.item.id) === entry);
    this.past.unshift(...earlier);
    this.cursor += earlier.length;
  }

  /** Add images that come next. */
  add(entries) {
    const known = new Set(this.queue.map((entry) => entry.item.id));
    this.queue.push(...entries.filter((entry) => !known.has(entry.item.id)));
  }

  /** Record what became of the current entry and go on to the newest image. */
  settle(state, key) {
    const entry = this.current;
    Object.assign(entry, { state, key, round: this.round });
    if (entry === this.queue[0]) {
      this.queue.shift();
      // An image that was skipped and came up again stands once in the past.
      this.past = this.past.filter((other) => other.item.id !== entry.item.id);
      this.past.push(entry);
    }
    this.cursor = this.past.length;
  }

  /** Make an entry the next image again. */
  reopen(entry) {
    this.past = this.past.filter((other) => other !== entry);
    this.queue = [entry, ...this.queue.filter((other) => other.item.id !== entry.item.id)];
    entry.state = "open";
    this.cursor = this.past.length;
  }

  /** Look at an entry of the past, or make one that waits the next. */
  lookAt(entry) {
    const place = this.past.indexOf(entry);
    this.cursor = place < 0 ? this.past.length : place;
    if (place < 0) this.queue = [entry, ...this.queue.filter((other) => other !== entry)];
  }

  /** Tell whether an entry can be looked at. */
  has(entry) {
    return this.past.includes(entry) || this.queue.includes(entry);
  }

  /** Let go of images that others have now, but for the one that is looked at and those with labels chosen. */
  lose(ids) {
    const eyes = this.current;
    const stays = (one) => !ids.has(one.item.id) || one === eyes || one.answers.size > one.marks.size;
    this.queue = this.queue.filter(stays);
  }

  /** The entries about the present one: its neighbours in the past and what comes. */
  around() {
    return [...this.past.slice(Math.max(0, this.cursor - 1), this.cursor + 2), ...this.queue];
  }

  /** Move among the past; tells whether there was anywhere to go. */
  step(by) {
    const target = Math.min(Math.max(this.cursor + by, 0), this.past.length);
    const moved = target !== this.cursor;
    this.cursor = target;
    return moved;
  }

  /** Begin another choice of images: forget those that come next, all but one. */
  startRound(keep) {
    this.round += 1;
    const gone = this.queue.filter((entry) => entry !== keep);
    this.queue = this.queue.filter((entry) => entry === keep);
    return gone.map((entry) => entry.item.id);
  }

  /** Ids of what was dealt with since this choice of images began. */
  get roundIds() {
    return this.past.filter((entry) => entry.round === this.round).map((entry) => entry.item.id);
  }

  ids() {
    return [...this.past, ...this.queue].map((entry) => entry.item.id);
  }
}
