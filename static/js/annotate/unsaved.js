// Says what is not saved yet and why, and what can be done about an answer that the server refused.
import { ask } from "../dialog.js";
import { t } from "../strings.js";

// A save that is through before this passes without a word: nobody reads a message that fast.
const QUIET_MS = 1500;

// What holds something that was thought about; a flag or an undo is quickly done anew.
const CAN_BE_OPENED = new Set(["submit", "skip", "comment"]);

export class Unsaved {
  #timer = 0;

  constructor(root, { onOpen, onDiscard }) {
    Object.assign(this, { onOpen, onDiscard });
    this.box = root.querySelector("[data-unsaved]");
    this.count = root.querySelector("[data-unsaved-count]");
    this.why = root.querySelector("[data-unsaved-why]");
    this.now = root.querySelector('[data-act="save-now"]');
    this.list = root.querySelector("[data-refused]");
    this.saved = root.querySelector("[data-saved]");
  }

  /** Show how things stand with the saver. */
  show(saver) {
    clearTimeout(this.#timer);
    const left = saver.operations.length;
    this.saved.hidden = left > 0 || saver.confirmed === 0;
    if (left === 0) {
      this.box.hidden = true;
    } else if (saver.trouble || saver.refused.length > 0 || !this.box.hidden) {
      this.#draw(saver);
    } else {
      this.#timer = setTimeout(() => saver.operations.length > 0 && this.#draw(saver), QUIET_MS);
    }
  }

  #draw(saver) {
    const left = saver.operations.length;
    this.box.hidden = false;
    this.now.hidden = left === saver.refused.length;
    this.count.textContent = left === 1 ? t("unsavedOne") : t("unsavedMany", { count: left });
    this.why.textContent = this.#reason(saver);
    this.list.replaceChildren(...saver.refused.map((operation) => this.#row(operation)));
  }

  #reason(saver) {
    const kept = saver.operations.length === 1 ? t("keptOne") : t("keptMany");
    if (saver.trouble) return `${saver.trouble} ${kept}`;
    return saver.refused.length < saver.operations.length ? t("saving") : "";
  }

  #row(operation) {
    const row = document.createElement("li");
    const sentence = document.createElement("span");
    sentence.textContent = `${operation.item.name}: ${operation.refused}`;
    const buttons = document.createElement("span");
    buttons.className = "cluster cluster--tight";
    if (CAN_BE_OPENED.has(operation.kind)) buttons.append(this.#button(t("openAgain"), () => this.onOpen(operation)));
    buttons.append(this.#button(t("discard"), () => this.#discard(operation)));
    row.append(sentence, buttons);
    return row;
  }

  #button(text, run) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--small";
    button.textContent = text;
    button.addEventListener("click", run);
    return button;
  }

  async #discard(operation) {
    const body = document.createElement("p");
    body.textContent = t("discardText", { name: operation.item.name });
    const actions = [
      { text: t("cancel"), value: "", focus: true },
      { text: t("discard"), value: "yes", kind: "danger" },
    ];
    if ((await ask({ title: t("discardQuestion"), body, actions })) === "yes") this.onDiscard(operation);
  }
}
