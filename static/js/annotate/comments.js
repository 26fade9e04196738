// A remark on the image, for everybody in the project; it is kept in the browser until the server has it.
import { csrfFetch } from "../http.js";
import { t } from "../strings.js";
import { newKey } from "./outbox.js";

const language = document.documentElement.lang || undefined;

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
    this.#tell([]);
    this.dialog.showModal();
    this.text.focus();
    this.#fetch(item);
  }

  // What others said of it; without an answer the remark can be written all the same.
  async #fetch(item) {
    try {
      const { comments } = await csrfFetch(this.#url(item));
      if (this.#item === item) this.#tell(comments);
    } catch (error) {
      if (error.name !== "HttpError") throw error;
    }
  }

  #tell(comments) {
    const list = this.dialog.querySelector("[data-remarks]");
    list.hidden = comments.length === 0;
    list.replaceChildren(...comments.map(remark));
  }

  #url(item) {
    return `${this.project}/images/${item.id}/comments`;
  }

  #send(event) {
    event.preventDefault();
    const text = this.text.value.trim();
    if (!text) return this.text.focus();
    const key = newKey();
    this.saver.add({
      id: key,
      kind: "comment",
      url: this.#url(this.#item),
      body: { text, client_key: key },
      item: this.#item,
    });
    this.text.value = "";
    this.dialog.close();
    this.onSent();
  }
}

function remark({ who, label, text, at }) {
  const day = new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(new Date(at));
  const said = document.createElement("li");
  const by = Object.assign(document.createElement("p"), { className: "muted" });
  by.textContent = label ? t("remarkOn", { who, label, day }) : t("remarkBy", { who, day });
  said.append(by, Object.assign(document.createElement("p"), { textContent: text }));
  return said;
}
