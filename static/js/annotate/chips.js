// The chosen labels as chips above a long list, each of which takes its label back.
import { t } from "../strings.js";

export class Chips {
  constructor(box, { labels }) {
    Object.assign(this, { box, labels });
    box.addEventListener("click", (event) => this.#clicked(event));
  }

  /** Show what is chosen; the box keeps its place, so that nothing moves under the pointer. */
  show() {
    const { rows, answers } = this.labels;
    const chips = [...rows.keys()].filter((id) => answers.has(id)).map((id) => this.#chip(id, answers.get(id)));
    this.box.replaceChildren(...chips);
  }

  #chip(id, value) {
    const row = this.labels.rows.get(id);
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = `desk-chip hued ${[...row.classList].find((name) => name.startsWith("hue-")) ?? ""}`;
    button.dataset.chip = id;
    const said = this.labels.said(id, value);
    button.textContent = said;
    button.title = t("takeBack", { label: said });
    button.setAttribute("aria-label", button.title);
    item.append(button);
    return item;
  }

  #clicked(event) {
    const id = Number(event.target.closest("[data-chip]")?.dataset.chip);
    if (id) this.labels.toggle(id, this.labels.answers.get(id));
  }
}
