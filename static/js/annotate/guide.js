// The project's guide over the image: fetched when it is first asked for, and again when it may have changed.
import { t } from "../strings.js";

export class Guide {
  /** `address` is the page of the guide; asked for by a script it gives the guide alone. */
  constructor(dialog, { address }) {
    Object.assign(this, { dialog, address });
    this.text = dialog.querySelector("[data-guide-text]");
  }

  async open() {
    this.dialog.showModal();
    this.dialog.scrollTop = 0;
    try {
      const response = await fetch(this.address, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
      if (!response.ok || response.redirected) throw new Error(String(response.status));
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      this.text.replaceChildren(...[...page.body.childNodes].map((node) => document.importNode(node, true)));
      for (const link of this.text.querySelectorAll("a")) Object.assign(link, { target: "_blank", rel: "noopener" });
    } catch {
      // What was read before is better than nothing.
      if (!this.text.firstElementChild) this.text.textContent = t("guideLost");
    }
  }
}
