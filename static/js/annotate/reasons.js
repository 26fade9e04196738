// Why an image is skipped: a small menu, answered with a digit, a click or not at all.

export class Reasons {
  /** `menu` is the popover with a button for each reason and a line for a note; `give` gets {reason, note}. */
  constructor(menu, { give, leave }) {
    Object.assign(this, { menu, give, leave });
    this.note = menu.querySelector("[data-reason-note]");
    menu.addEventListener("click", (event) => this.#take(event.target.closest("[data-reason]")?.dataset.reason));
    menu.addEventListener("keydown", (event) => this.#pressed(event));
    // The first reason has the focus as soon as the menu stands open, by its attribute: quick hands lose no digit.
    menu.addEventListener("beforetoggle", (event) => {
      if (event.newState === "open") this.note.value = "";
    });
  }

  #pressed(event) {
    // The keys of the desk are not meant while the menu stands open.
    event.stopPropagation();
    const buttons = [...this.menu.querySelectorAll("[data-reason]")];
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const place = buttons.indexOf(document.activeElement);
    if (by && place >= 0) {
      event.preventDefault();
      buttons[(place + by + buttons.length) % buttons.length].focus();
    } else if (event.target === this.note) {
      if (event.key === "Enter" && !event.isComposing) this.#take("other");
    } else if (/^[1-9]$/.test(event.key) && buttons[event.key - 1]) {
      event.preventDefault();
      this.#take(buttons[event.key - 1].dataset.reason);
    }
  }

  #take(reason) {
    if (!reason) return;
    const note = this.note.value.trim();
    this.menu.hidePopover();
    this.leave();
    this.give({ reason, note });
  }
}
