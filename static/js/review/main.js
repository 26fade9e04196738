// The review screen: one key judges the place shown and moves on; the place in the list is kept in the address.
import { Zoom } from "../annotate/zoom.js";
import { behaviour } from "../behaviours.js";
import { t } from "../strings.js";
import { toast } from "../toast.js";
import { bindKeys } from "./keys.js";
import { Places } from "./places.js";
import { Verdicts } from "./verdicts.js";

class Review {
  #busy = false;
  #stale = false;

  constructor(root) {
    this.root = root;
    const { base, total, project, run, verdictUrl } = root.dataset;
    this.places = new Places(base, Number(total));
    this.verdicts = new Verdicts({
      account: JSON.parse(root.dataset.desk).account,
      project,
      run,
      url: verdictUrl,
      onChange: (left, trouble) => this.#tellSaving(left, trouble),
      onSaved: () => this.#refresh(),
    });
    root.addEventListener("click", (event) => this.#click(event));
    this.#settle();
  }

  get place() {
    return this.root.querySelector("[data-place]");
  }

  get position() {
    return Number(this.place.dataset.position);
  }

  /** Judge the place shown, and move on. */
  judge(verdict) {
    const button = this.place.querySelector(`[data-judge="${verdict}"]`);
    // While the next place is on its way nothing is judged: nobody has seen it yet.
    if (this.#busy || !button) return;
    const { image, label } = this.place.dataset;
    const position = this.position;
    this.verdicts.give(verdict, { image: Number(image), label: Number(label), position });
    this.#mark(position, verdict);
    if (position + 1 < this.places.total) this.go(position + 1);
    else toast(t("reviewEnd"), "info");
  }

  /** Take the last verdict back, and return to its place. */
  undo() {
    if (this.#busy) return;
    const position = this.verdicts.undo(this.place.dataset.ownKey, this.position);
    if (position === null) {
      toast(t("reviewNothingToUndo"), "info");
      return;
    }
    toast(t("verdict_undo"), "info");
    if (position !== this.position) this.go(Math.min(position, this.places.total - 1));
  }

  step(by) {
    const position = this.position + by;
    if (position < 0) toast(t("reviewStart"), "info");
    else if (position >= this.places.total) toast(t("reviewEnd"), "info");
    else this.go(position);
  }

  /** Show a place of the list. */
  async go(position) {
    if (this.#busy) return;
    this.#busy = true;
    // Going back, one wants to see what became of it; and what was fetched long ago, others may have judged since.
    this.#stale ||= position < this.position || this.places.isOld(position);
    try {
      const place = await this.places.get(position);
      this.place.replaceWith(place.cloneNode(true));
      // The place is kept through a reload, and one step back leads to the list instead of through a hundred images.
      history.replaceState(null, "", this.places.address(position));
      this.#settle();
    } catch (error) {
      toast(error.message, "error");
    } finally {
      this.#busy = false;
    }
    if (this.#stale) this.#refresh();
  }

  zoom() {
    this.zoomed.toggle();
  }

  #settle() {
    this.zoomed = new Zoom(this.place.querySelector("[data-stage]"));
    this.root.querySelector("[data-back]").href = this.place.dataset.backHref;
    this.places.prepare(this.position);
  }

  // What people say of this place and those around it may have changed; their pictures have not.
  async #refresh() {
    this.places.forget();
    this.#stale = this.#busy;
    if (this.#busy) return;
    const position = this.position;
    try {
      const fresh = await this.places.get(position);
      if (this.position !== position) return;
      for (const part of ["[data-facts]", ".review__strip"]) {
        this.place.querySelector(part).replaceWith(fresh.querySelector(part).cloneNode(true));
      }
      this.place.dataset.ownKey = fresh.dataset.ownKey;
      this.places.prepare(position);
    } catch {
      // The verdict is saved; what the screen shows of it comes with the next place.
    }
  }

  #mark(position, verdict) {
    const thumbnail = this.root.querySelector(`[data-to="${position}"]`);
    if (thumbnail) thumbnail.dataset.verdict = verdict;
  }

  #tellSaving(left, trouble) {
    const line = this.root.querySelector("[data-saving]");
    line.toggleAttribute("data-trouble", Boolean(left && trouble));
    if (!left) line.textContent = line.textContent && t("reviewSaved");
    else line.textContent = trouble ? t("reviewUnsaved", { count: left, why: trouble }) : t("reviewSaving");
  }

  #click(event) {
    const target = event.target.closest("[data-judge], [data-undo], [data-go], [data-to]");
    if (!target || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const { judge, go, to } = target.dataset;
    if (judge) this.judge(judge);
    else if (go) this.step(Number(go));
    else if (to) this.go(Number(to));
    else this.undo();
  }
}

behaviour("[data-review]:has([data-place])", (root) => bindKeys(new Review(root)));
