// The tiles of one page of the grid: what each says, which one has the focus, and what they add up to.
import { t } from "../strings.js";

const STATES = ["label_error", "model_error", "exclude", "open"];

export class Tiles {
  constructor(root, marks) {
    Object.assign(this, { root, marks });
  }

  get all() {
    return [...this.root.querySelectorAll("[data-tile]")];
  }

  /** The tile that has the focus. */
  get focused() {
    return document.activeElement?.closest("[data-tile]") ?? null;
  }

  /** Let every tile say what will be done with it. */
  draw() {
    for (const tile of this.all) this.#draw(tile);
    this.#tally();
  }

  /** Say what to do with a tile. */
  set(tile, state) {
    if (!tile) return;
    this.marks.set(itemOf(tile), state === this.#mode[0] ? null : state);
    this.draw();
  }

  /** Take a tile out as an exception, or in again. */
  toggle(tile) {
    const [start, click] = this.#mode;
    if (tile) this.set(tile, tile.dataset.state === start ? click : start);
  }

  /** Take all out, or all in again. */
  turn() {
    const [start, click] = this.#mode;
    const out = this.all.some((tile) => tile.dataset.state === start);
    for (const tile of this.all) this.set(tile, out ? click : start);
  }

  /** A click means something else from now on, for what was clicked before too. */
  mean(mode) {
    const [start, click] = this.#mode;
    const clicked = this.all.filter((tile) => tile.dataset.state === click);
    this.marks.mode = mode;
    if (this.#mode[0] === start) for (const tile of clicked) this.set(tile, this.#mode[1]);
    this.draw();
  }

  /** Move the focus: by one across, or by one row. */
  move(across, down) {
    const all = this.all;
    const here = this.focused ? all.indexOf(this.focused) : -1;
    const next = here < 0 ? 0 : here + across + down * columns(all);
    all[Math.min(Math.max(next, 0), all.length - 1)]?.querySelector("[data-tile-button]").focus();
  }

  /** What the page says, as the server takes it: [{image_id, label_id, verdict}]. */
  get verdicts() {
    return this.all
      .filter((tile) => tile.dataset.state !== "open")
      .map(({ dataset: { image, label, state } }) => ({
        image_id: Number(image),
        label_id: Number(label),
        verdict: state,
      }));
  }

  get #mode() {
    return this.marks.mode.split("/");
  }

  #draw(tile) {
    const state = this.marks.of(itemOf(tile)) ?? this.#mode[0];
    tile.dataset.state = state;
    tile.querySelector("[data-tile-button]").setAttribute("aria-pressed", String(state === "label_error"));
    tile.querySelector("[data-tile-state]").textContent = wordsFor(state, tile.dataset);
  }

  #tally() {
    const count = Object.fromEntries(STATES.map((state) => [state, 0]));
    for (const tile of this.all) count[tile.dataset.state] += 1;
    const { label_error: wrong, model_error: right, exclude, open } = count;
    this.root.querySelector("[data-tally]").textContent = t("gridTally", { wrong, right, exclude, open });
  }
}

/** Name a tile's place. */
export function itemOf({ dataset: { image, label } }) {
  return `${image}-${label}`;
}

function wordsFor(state, { present, name }) {
  const side = present === "1" ? "Present" : "Absent";
  if (state === "label_error") return t(`stateWrong${side}`, { label: name });
  if (state === "model_error") return t(`stateRight${side}`);
  return t(state === "exclude" ? "stateExclude" : "stateOpen");
}

// Tiles in the first row stand at one height; how many they are follows from the window.
function columns(tiles) {
  const top = tiles[0]?.getBoundingClientRect().top;
  const first = tiles.findIndex((tile) => tile.getBoundingClientRect().top > top + 1);
  return first < 0 ? tiles.length : first;
}
