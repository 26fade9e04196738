// What was done on a light table, to be taken back and done again. It outlives a reload: the window keeps it until it is closed.

// So many steps back are kept, and so many answers in them: about a megabyte, written after each step in some milliseconds.
const STEPS = 100;
const ANSWERS = 20_000;

export class Steps {
  #done = [];
  #undone = [];

  /** `name` says whose steps these are, and on which table. */
  constructor(name) {
    this.name = `loupe-table-steps-${name}`;
    const kept = recall(this.name);
    this.#done = kept.done ?? [];
    this.#undone = kept.undone ?? [];
  }

  /** Remember a step; what was taken back before it cannot be done again. */
  add(step) {
    this.#undone = [];
    this.again(step);
  }

  /** Remember a step that was done again. */
  again(step) {
    this.#done = [...this.#done, step].slice(-STEPS);
    this.#keep();
  }

  /** Give the last step, which the caller takes back; undefined where there is none. */
  back() {
    const step = this.#done.pop();
    if (step) this.#undone.push(step);
    this.#keep();
    return step;
  }

  /** Give the step that was taken back last, which the caller does again; undefined where there is none. */
  forth() {
    return this.#undone.pop();
  }

  #keep() {
    const undone = newest(this.#undone, ANSWERS);
    const done = newest(this.#done, ANSWERS - size(undone));
    try {
      sessionStorage.setItem(this.name, JSON.stringify({ done, undone }));
    } catch {
      // A full store: the page itself still holds the steps.
    }
  }
}

function size(steps) {
  return steps.reduce((sum, { answers }) => sum + answers.length, 0);
}

// The last steps that have no more answers together; each is whole, since half a step cannot be taken back.
function newest(steps, most) {
  let first = steps.length;
  for (let left = most; first > 0 && steps[first - 1].answers.length <= left; first -= 1)
    left -= steps[first - 1].answers.length;
  return steps.slice(first);
}

function recall(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name) ?? "{}");
  } catch {
    return {};
  }
}
