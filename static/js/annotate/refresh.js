// Labels change while somebody is tagging: their rows are fetched anew, and what is different is said.
import { t } from "../strings.js";

export class Refresh {
  #asking = null;

  /** `labels` and `definitions` hold the rows; `say` tells people. */
  constructor(list, { labels, definitions, say }) {
    Object.assign(this, { list, labels, definitions, say });
  }

  /** Hear which labels there are by now, as the digest on their list says; another one has them fetched. */
  hear(digest) {
    if (digest && digest !== this.#rows.dataset.labelRows) this.look();
  }

  /** Look whether the labels are still those on the screen. */
  look() {
    this.#asking ??= this.#fetch().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #fetch() {
    let page;
    try {
      const response = await fetch(location.href, { credentials: "same-origin" });
      if (!response.ok || response.redirected) return;
      page = new DOMParser().parseFromString(await response.text(), "text/html");
    } catch {
      // Without the network nothing can be said; an answer to a label that is gone is told of by the server.
      return;
    }
    const rows = page.querySelector("[data-label-rows]");
    if (rows && rows.dataset.labelRows !== this.#rows.dataset.labelRows) this.#put(rows);
  }

  get #rows() {
    return this.list.querySelector("[data-label-rows]");
  }

  #put(rows) {
    const old = this.#names();
    this.#rows.replaceWith(document.importNode(rows, true));
    this.labels.read();
    this.definitions.refresh();
    this.labels.show(this.labels.entry);
    this.#tell(old, this.#names());
  }

  #names() {
    return new Map([...this.labels.rows].map(([id, row]) => [id, row.dataset.name]));
  }

  #tell(old, now) {
    const added = [...now].filter(([id]) => !old.has(id)).map(([, name]) => name);
    const gone = [...old].filter(([id]) => !now.has(id)).map(([, name]) => name);
    if (added.length > 0) this.say(t("labelsAdded", { labels: added.join(", ") }));
    if (gone.length > 0) this.say(t("labelsGone", { labels: gone.join(", ") }));
    for (const [id, name] of now) {
      if (old.has(id) && old.get(id) !== name) this.say(t("labelRenamed", { before: old.get(id), after: name }));
    }
  }
}
