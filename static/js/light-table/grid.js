// A grid of which only the rows in sight are in the page; its scroll bar stands for all of them.
import { Hurry } from "./hurry.js";
import { makeTile } from "./tile.js";

const GAP = 6;
// Rows beyond the edges, so that a wheel's notch shows no empty ground.
const BEYOND = 2;
// Below that the names of labels have no room, and their swatches stand alone.
const SMALL_PX = 130;
// At the least two images stand side by side, however large they are.
const COLUMNS_LEAST = 2;

export class Grid {
  columns = COLUMNS_LEAST;
  length = 0;
  active = 0;
  #tiles = new Map();
  #spare = [];
  #hurry = new Hurry(() => this.refresh());
  #isFast = false;
  #frame = 0;
  #all = true;

  /** `draw(tile, place, load)` fills a tile; `onSight(first, last)` hears which places are in sight, `last` excluded. */
  constructor(view, canvas, { draw, onSight, onResize }) {
    Object.assign(this, { view, canvas, draw, onSight, size: 150 });
    view.addEventListener("scroll", () => this.#soon(), { passive: true });
    new ResizeObserver(onResize).observe(view);
  }

  /** Show so many images of this size, keeping the active one in sight. */
  show(length, size = this.size) {
    Object.assign(this, { length, size, active: Math.min(this.active, Math.max(0, length - 1)) });
    this.measure();
  }

  /** Reckon anew how many fit, as where the window has changed. */
  measure() {
    const width = this.view.clientWidth - GAP;
    if (width <= 0) return;
    const first = Math.floor(this.view.scrollTop / this.rowHeight) * this.columns;
    this.columns = Math.max(COLUMNS_LEAST, Math.floor(width / (this.size + GAP)));
    this.edge = width / this.columns;
    this.canvas.style.setProperty("--height", `${Math.ceil(this.length / this.columns) * this.rowHeight + GAP}px`);
    this.canvas.style.setProperty("--edge", `${this.edge - GAP}px`);
    this.canvas.toggleAttribute("data-small", this.edge < SMALL_PX);
    this.view.scrollTop = Math.floor(first / this.columns) * this.rowHeight;
    this.clear();
    this.refresh();
  }

  /** How many are seen at once without scrolling. */
  get fitting() {
    return Math.max(1, Math.floor((this.view.clientHeight - GAP) / this.rowHeight)) * this.columns;
  }

  get rowHeight() {
    return this.edge ?? this.size + GAP;
  }

  /** Draw all that is in sight anew at the next frame. */
  refresh() {
    this.#all = true;
    this.#soon();
  }

  /** More is known of the images: those in sight are drawn anew where they stand. */
  repaint() {
    for (const [place, tile] of this.#tiles) this.draw(tile, place, true);
  }

  /** Take all tiles away, as where the images are others now. */
  clear() {
    for (const [place, tile] of this.#tiles) this.#put(place, tile);
  }

  /** Make an image the active one and bring it into sight. */
  go(place) {
    if (this.length === 0) return;
    this.active = Math.min(Math.max(place, 0), this.length - 1);
    const top = Math.floor(this.active / this.columns) * this.rowHeight;
    const { scrollTop, clientHeight } = this.view;
    if (top < scrollTop) this.view.scrollTop = top;
    else if (top + this.rowHeight + GAP > scrollTop + clientHeight) {
      this.view.scrollTop = top + this.rowHeight + GAP - clientHeight;
    }
    this.#all = true;
    this.#render();
  }

  #soon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#render();
    });
  }

  #render() {
    const { scrollTop, clientHeight } = this.view;
    const firstRow = Math.max(0, Math.floor(scrollTop / this.rowHeight) - BEYOND);
    const lastRow = Math.ceil((scrollTop + clientHeight) / this.rowHeight) + BEYOND;
    const [first, last] = [firstRow * this.columns, Math.min(this.length, lastRow * this.columns)];
    const isFast = this.#hurry.passes(scrollTop, clientHeight);
    // Whoever slows down sees the pictures again.
    const isAtRest = (this.#all || this.#isFast) && !isFast;
    this.#isFast = isFast;
    this.#all = false;
    for (const [place, tile] of this.#tiles) if (place < first || place >= last) this.#put(place, tile);
    for (let place = first; place < last; place += 1) {
      // While scrolling, what stands there already stays as it is.
      const known = this.#tiles.get(place);
      if (!known || isAtRest) this.draw(known ?? this.#take(place), place, !isFast);
    }
    if (!isFast) this.onSight(first, last);
    this.#hurry.awaitRest(!isAtRest);
    if (isAtRest) this.#settle(first, last);
  }

  // In the page as on the ground: whoever hears the tiles hears them in their order.
  #settle(first, last) {
    let next = this.canvas.firstElementChild;
    for (let place = first; place < last; place += 1) {
      const tile = this.#tiles.get(place);
      tile.toggleAttribute("data-active", place === this.active);
      if (tile === next) next = tile.nextElementSibling;
      else this.canvas.insertBefore(tile, next);
    }
    this.view.setAttribute("aria-activedescendant", this.#tiles.get(this.active)?.id ?? "");
  }

  #take(place) {
    const tile = this.#spare.pop() ?? this.canvas.appendChild(makeTile());
    tile.hidden = false;
    tile.toggleAttribute("data-active", place === this.active);
    tile.id = `tile-${place}`;
    tile.dataset.place = place;
    tile.style.setProperty("--x", `${(place % this.columns) * this.edge + GAP}px`);
    tile.style.setProperty("--y", `${Math.floor(place / this.columns) * this.rowHeight + GAP}px`);
    this.#tiles.set(place, tile);
    return tile;
  }

  #put(place, tile) {
    this.#tiles.delete(place);
    tile.hidden = true;
    tile.removeAttribute("id");
    this.#spare.push(tile);
  }
}
