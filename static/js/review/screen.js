// The review screen: one key judges the place shown and moves on; the place in the list is kept in the address.
import { t } from "../strings.js";
import { toast } from "../toast.js";
import { Blind } from "./blind.js";
import { Comments } from "./comments.js";
import { Display } from "./display.js";
import { apply as showHeatmap } from "./heatmap.js";
import { tellSaving, Verdicts } from "./verdicts.js";

export class Review {
  constructor(root) {
    this.root = root;
    const { project, run, verdictUrl, blind, total } = root.dataset;
    const { account } = JSON.parse(root.dataset.desk);
    this.total = Number(total);
    this.display = new Display(root, { onShown: () => this.#shown() });
    this.blind = new Blind(this, { account, isOn: blind === "1" });
    this.comments = new Comments(this);
    this.verdicts = new Verdicts({
      account,
      project,
      run,
      url: verdictUrl,
      onChange: (left, trouble) => tellSaving(root.querySelector("[data-saving]"), left, trouble),
      onSaved: () => this.#saved(),
      onRefused: (operation) => this.#refused(operation),
    });
    this.display.settle();
  }

  get place() {
    return this.display.place;
  }

  /** Judge the place shown, and move on. */
  judge(verdict) {
    const { place, display } = this;
    // While the next place is on its way nothing is judged: nobody has seen it yet.
    if (display.busy || !place.querySelector(`[data-judge="${verdict}"]`)) return;
    const { image, label, answer: blind } = place.dataset;
    const { position } = display;
    const list = this.root.dataset.listKind;
    this.verdicts.give(verdict, { image: Number(image), label: Number(label), position, list, blind });
    display.standing.give(position, verdict);
    Object.assign(place.dataset, { stale: "", proposal: "" });
    display.standing.apply(place);
    if (position + 1 < this.total) display.go(position + 1);
    else toast(t("reviewEnd"), "info");
  }

  /** Enter goes on; where a verdict is proposed, it saves that first. */
  confirm() {
    if (this.place.dataset.proposal) this.judge(this.place.dataset.proposal);
    else this.step(1);
  }

  /** Take the last verdict back, and return to its place. */
  async undo() {
    if (this.display.busy) return;
    const last = await this.verdicts.undo(this.place.dataset.ownKey, this.display.position);
    if (!last) {
      toast(t("reviewNothingToUndo"), "info");
      return;
    }
    this.display.standing.give(last.position, null);
    toast(t(last.page ? "verdict_undo_page" : "verdict_undo"), "info");
    if (last.item) await this.#return(last);
    this.place.dataset.stale = "";
    if (this.verdicts.saver.operations.length === 0) this.display.refresh();
  }

  step(by) {
    const position = this.display.position + by;
    if (position < 0) toast(t("reviewStart"), "info");
    else if (position >= this.total) toast(t("reviewEnd"), "info");
    else this.display.go(position);
  }

  stageFocus() {
    this.place.querySelector("[data-stage]").focus({ preventScroll: true });
  }

  // The place may stand elsewhere in this list, or in another one.
  async #return({ item, position = this.display.position }) {
    const { places } = this.display;
    const here = places.ready(position);
    try {
      const place = here && itemOf(here) === item ? here : await places.fresh(position, { item });
      if (itemOf(place) !== item) toast(t("undoneElsewhere"), "info");
      else if (place !== this.place) {
        places.keep(Number(place.dataset.position), place);
        this.display.adopt(place);
      }
    } catch (error) {
      toast(error.message, "error");
    }
  }

  #shown() {
    this.comments.settle();
    showHeatmap();
  }

  #saved() {
    this.display.standing.arrived();
    this.display.refresh();
  }

  #refused(operation) {
    this.comments.refused(operation);
    this.display.standing.forget();
    this.display.refresh({ facts: true });
  }
}

function itemOf({ dataset: { image, label } }) {
  return `${image}-${label}`;
}
