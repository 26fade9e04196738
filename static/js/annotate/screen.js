// Brings the screen up to date: the image, its labels, what can be done now, and what is said of it.
import { t } from "../strings.js";
import { hintFor } from "./hints.js";

export class Screen {
  #shown = null;

  /** The parts: timeline, view, labels, feed, preloader, pace, history. */
  constructor(parts) {
    Object.assign(this, parts);
  }

  /** Show how things stand; called whenever anything has changed. */
  show() {
    const entry = this.timeline.current;
    const isNew = entry !== this.#shown;
    this.#shown = entry;
    this.view.order(this.feed.fallback);
    this.view.state(entry ? null : this.feed.state, this.feed.trouble);
    this.labels.show(entry);
    if (isNew) this.look(entry);
    if (entry) this.view.show(entry);
    this.preloader.want(this.timeline.around().map((one) => one.item));
    this.allow(entry);
    if (this.feed.progress) this.view.progress(this.feed.progress, this.pace);
    this.feed.refill();
  }

  /** Say what is known of an entry, to the eye and to the ear. */
  look(entry) {
    this.pace.look();
    this.view.hint(hintFor(entry));
    if (entry) this.view.announce(`${t("announceImage", { name: entry.item.name })} ${hintFor(entry)}`);
  }

  /** Let only that be pressed which does something now. */
  allow(entry) {
    const names = new Set(entry ? ["submit", "none", "skip", "reasons", "flag", "comment"] : []);
    if (this.timeline.cursor > 0 || this.timeline.pastIsComing) names.add("back");
    if (this.timeline.looksBack) names.add("forward");
    if (this.history.canUndo) names.add("undo");
    if (this.history.canRedo) names.add("redo");
    this.view.allow(names);
  }
}
