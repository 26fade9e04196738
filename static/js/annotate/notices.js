// What changed while somebody was tagging, and what became of an answer: said once, and standing until it is dismissed.
import { t } from "../strings.js";

// More than these nobody reads while tagging; the oldest go.
const MOST = 3;

export class Notices {
  constructor(box) {
    this.box = box;
    box.addEventListener("click", (event) => {
      if (event.target.closest("[data-let-go]")) event.target.closest("li").remove();
    });
  }

  /** Say a sentence; the same one stands once. */
  say(sentence) {
    const standing = [...this.box.children].find((row) => row.dataset.sentence === sentence);
    standing?.remove();
    this.box.append(this.#row(sentence));
    while (this.box.children.length > MOST) this.box.firstElementChild.remove();
  }

  #row(sentence) {
    const row = document.createElement("li");
    row.dataset.sentence = sentence;
    const words = document.createElement("span");
    words.textContent = sentence;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--small button--quiet";
    button.setAttribute("data-let-go", "");
    button.textContent = t("understood");
    row.append(words, button);
    return row;
  }
}
