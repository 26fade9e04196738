// Shows the places of a list, at once where they were fetched ahead of time, and brings them up to date behind that.
import { Zoom } from "../annotate/zoom.js";
import { toast } from "../toast.js";
import { graft, Places } from "./places.js";
import { Standing } from "./standing.js";

export class Display {
  busy = false;
  standing = new Standing();
  #zooms = new WeakMap();

  /** `onShown` is called whenever what is shown has changed. */
  constructor(root, { onShown }) {
    Object.assign(this, { root, onShown });
    this.places = new Places(root.dataset.base, Number(root.dataset.total));
    this.place.dataset.asked = Date.now();
    this.places.keep(this.position, this.place);
  }

  get place() {
    return this.root.querySelector("[data-place]");
  }

  get position() {
    return Number(this.place.dataset.position);
  }

  /** Show a place of the list: at once where it is here. */
  async go(position) {
    if (this.busy) return;
    const isOld = position < this.position || this.places.isOld(position);
    const here = this.places.ready(position);
    if (here) this.adopt(here);
    else await this.show(position);
    // Going back, one wants to see what became of it; and what was fetched long ago, others may have judged since.
    if (isOld || "stale" in this.place.dataset) this.refresh({ facts: true });
  }

  /** Fetch a place and show it. */
  async show(position) {
    await this.#alone(async () => this.adopt(await this.places.get(position)));
  }

  /** Show what people and the model said of this place, now that the reviewer has answered. */
  async reveal(answer) {
    await this.#alone(async () => {
      graft(this.place, await this.places.fresh(this.position, { answer }));
      history.replaceState(null, "", this.places.address(this.position, answer));
      this.settle();
    });
  }

  /** Bring the place up to date; with `facts` also what is said of it. */
  async refresh({ facts = "stale" in this.place.dataset } = {}) {
    const { place, position } = this;
    const answer = place.dataset.proposal ? place.dataset.answer : "";
    try {
      const fresh = await this.places.fresh(position, { answer });
      // How the list stands is worth knowing wherever one is by now.
      this.standing.learn(fresh);
      this.standing.apply(this.place);
      if (this.place !== place || this.busy) return;
      if (facts && !document.activeElement?.matches("[data-comment]")) {
        delete place.dataset.stale;
        graft(place, fresh);
      }
      this.settle();
    } catch {
      // The verdict is saved; what the screen shows of it comes with the next place.
    }
  }

  /** Show a place that is here. */
  adopt(place) {
    const focused = this.place.contains(document.activeElement) && document.activeElement;
    this.place.replaceWith(place);
    // The place is kept through a reload, and one step back leads to the list instead of through a hundred images.
    history.replaceState(null, "", this.places.address(this.position));
    if (focused) (sameButton(place, focused) ?? place.querySelector("[data-stage]")).focus({ preventScroll: true });
    this.settle();
    this.zoomed.fit();
  }

  settle() {
    const { place } = this;
    const stage = place.querySelector("[data-stage]");
    if (!this.#zooms.has(stage)) this.#zooms.set(stage, new Zoom(stage));
    this.zoomed = this.#zooms.get(stage);
    this.root.querySelector("[data-back]").href = place.dataset.backHref;
    this.root.querySelector("[data-grid]").href = place.dataset.gridHref;
    this.root.querySelector(".review__title").textContent = place.dataset.title;
    this.standing.apply(place);
    this.places.prepare(this.position);
    this.onShown();
  }

  async #alone(work) {
    this.busy = true;
    try {
      await work();
    } catch (error) {
      toast(error.message, "error");
    } finally {
      this.busy = false;
    }
  }
}

// Whoever works with Tab and Enter stays on the same button.
function sameButton(place, { dataset }) {
  const name = ["judge", "go", "blindAnswer"].find((each) => each in dataset);
  const attribute = name?.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return name && place.querySelector(`[data-${attribute}="${dataset[name]}"]`);
}
