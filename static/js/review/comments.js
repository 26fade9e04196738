// Comments on the place shown: what is typed is kept in the browser, and sent behind the reviewer's back.
import { newKey } from "../annotate/outbox.js";
import { csrfFetch } from "../http.js";
import { t } from "../strings.js";
import { toast } from "../toast.js";

export class Comments {
  constructor(review) {
    this.review = review;
    review.root.addEventListener("input", (event) => {
      if (event.target.matches("[data-comment]")) keep(this.#name, event.target.value);
    });
    review.root.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Go to the field. */
  write() {
    const field = this.#field;
    field?.scrollIntoView({ block: "nearest" });
    field?.focus();
  }

  /** Show what was typed here before. */
  settle() {
    if (this.#field && !this.#field.value) this.#field.value = kept(this.#name);
  }

  /** Save what is in the field. */
  send() {
    const text = this.#field?.value.trim();
    if (!text) return;
    const { image, label } = this.review.place.dataset;
    const body = { text, label_id: Number(label), client_key: newKey() };
    this.review.verdicts.send("comment", `${this.review.root.dataset.commentUrl}/${image}/comments`, body);
    const line = document.createElement("li");
    line.className = "comment__text";
    line.textContent = text;
    this.review.place.querySelector("[data-comments]").append(line);
    this.#field.value = "";
    keep(this.#name, "");
    this.review.stageFocus();
  }

  /** A comment the server would not take is put back where it was typed. */
  refused({ kind, body, url }) {
    if (kind !== "comment") return;
    const image = url.split("/").at(-2);
    keep(`loupe-comment-${image}-${body.label_id}`, body.text);
    this.settle();
  }

  async remove(id) {
    const { image } = this.review.place.dataset;
    try {
      await csrfFetch(`${this.review.root.dataset.commentUrl}/${image}/comments/${id}/remove`, { method: "POST" });
    } catch (error) {
      toast(error.message, "error");
      return;
    }
    toast(t("commentRemoved"), "info");
    this.review.display.refresh({ facts: true });
  }

  get #field() {
    return this.review.place.querySelector("[data-comment]");
  }

  get #name() {
    const { image, label } = this.review.place.dataset;
    return `loupe-comment-${image}-${label}`;
  }

  #key(event) {
    if (!event.target.matches("[data-comment]")) return;
    if (event.key === "Escape") this.review.stageFocus();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.send();
  }
}

function keep(name, text) {
  try {
    if (text) sessionStorage.setItem(name, text);
    else sessionStorage.removeItem(name);
  } catch {
    // The field itself still holds it.
  }
}

function kept(name) {
  try {
    return sessionStorage.getItem(name) ?? "";
  } catch {
    return "";
  }
}
