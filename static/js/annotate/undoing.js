// Undo and redo: each takes the last thing back, or does it again, and shows the image it was about.
import { t } from "../strings.js";

export class Undoing {
  /** The parts: history, settling, timeline, view, screen. */
  constructor(parts) {
    Object.assign(this, parts);
  }

  undo() {
    const action = this.history.back();
    if (!action) return this.view.hint(t("undoNothing"));
    const { kind, entry, before, on } = action;
    if (kind === "settle") this.settling.unsettle(action);
    else if (kind === "flag") this.settling.flag(entry, !on);
    else entry.answers = new Map(before);
    this.#lookAt(entry);
    this.view.hint(t(kind !== "settle" ? "undone" : before.state === "open" ? "takenBack" : "correctionTakenBack"));
  }

  redo() {
    const action = this.history.again();
    if (!action) return this.view.hint(t("redoNothing"));
    const { kind, entry, after, on } = action;
    if (kind === "settle") this.settling.settle(action);
    else if (kind === "flag") this.settling.flag(entry, on);
    else entry.answers = new Map(after);
    if (kind === "settle") this.screen.show();
    else this.#lookAt(entry);
    this.view.hint(t("redone", { name: entry.item.name }));
  }

  #lookAt(entry) {
    entry.marks.clear();
    this.timeline.lookAt(entry);
    this.screen.show();
  }
}
