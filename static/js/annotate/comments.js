// A remark on the image, for everybody in the project; it is kept in the browser until the server has it.
import { newKey } from "./outbox.js";

export class Comments {
  #item = null;

  /** `project` is the address of the project's API; `onSent` hears of each remark that is on its way. */
  constructor(dialog, { project, saver, onSent }) {
    Object.assign(this, { dialog, project, saver, onSent });
    this.text = dialog.querySelector("textarea");
    dialog.querySelector("form").addEventListener("submit", (event) => this.#send(event));
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#send(event);
    });
  }

  /** Ask for a remark on an image; `text` is one that was refused before. */
  open(item, text = null) {
    // What was begun on another image and not sent is not carried over to this one.
    if (text !== null || this.#item?.id !== item.id) this.text.value = text ?? "";
    this.#item = item;
    this.dialog.querySelector("[data-comment-on]").textContent = item.name;
    this.dialog.showModal();
    this.text.focus();
  }

  #send(event) {
    event.preventDefault();
    const text = this.text.value.trim();
    if (!text) return this.text.focus();
    const key = newKey();
    const url = `${this.project}/images/${this.#item.id}/comments`;
    this.saver.add({ id: key, kind: "comment", url, body: { text, client_key: key }, item: this.#item });
    this.text.value = "";
    this.dialog.close();
    this.onSent();
  }
}
