// Definitions and examples of labels: that of the label under the pointer, or all of them in place.
import { recall, remember } from "./remembered.js";

const KEPT = "loupe-definitions";

export class Definitions {
  /** `list` holds the labels, `shown` is the place for one definition, `button` opens all. */
  constructor(list, { shown, button }) {
    Object.assign(this, { list, shown, button });
    for (const type of ["pointerover", "focusin"]) list.addEventListener(type, (event) => this.#explain(event.target));
    for (const type of ["pointerleave", "focusout"]) list.addEventListener(type, () => this.#explain(null));
    this.#open(recall(KEPT) === "open");
  }

  toggle() {
    const open = this.button.getAttribute("aria-pressed") !== "true";
    this.#open(open);
    remember(KEPT, open ? "open" : "");
  }

  /** Show or hide what labels mean after their rows were fetched anew. */
  refresh() {
    this.#open(this.button.getAttribute("aria-pressed") === "true");
  }

  #open(open) {
    for (const text of this.list.querySelectorAll("[data-definition]")) text.hidden = !open;
    this.button.setAttribute("aria-pressed", String(open));
    this.#explain(null);
  }

  // The definition of the label under the pointer or the focus, unless all of them stand open already.
  #explain(target) {
    const definition = target?.closest("[data-label]")?.querySelector("[data-definition]");
    const copies = definition?.hidden ? [...definition.children].map((part) => part.cloneNode(true)) : [];
    this.shown.replaceChildren(...copies);
  }
}
