// Which images come up, and in which order: each person's own choice, remembered in this browser.
import { release } from "./claims.js";
import { recall, remember } from "./remembered.js";

export class Orders {
  /** Parts: api, account, project, timeline, feed, desk. */
  constructor(root, parts) {
    Object.assign(this, { root, ...parts });
    this.skipped = root.querySelector("[data-skipped]");
    this.kept = `loupe-order-${parts.account}-${parts.project}`;
    const before = this.#choices.find((choice) => choice.value === recall(this.kept));
    if (before) before.checked = true;
    this.feed.order = this.#order;
    for (const choice of [...this.#choices, this.skipped]) {
      choice.addEventListener("change", () => this.choose(this.skipped.checked));
    }
  }

  /** Begin another choice of images; one whose labels were chosen already stays. */
  async choose(skipped) {
    const { api, timeline, desk, feed } = this;
    this.skipped.checked = skipped;
    remember(this.kept, this.#order);
    const gone = timeline.startRound(desk.isTouched ? timeline.queue[0] : null);
    release(api, gone);
    desk.show();
    await feed.restart({ order: this.#order, skipped });
  }

  get #choices() {
    return [...this.root.querySelectorAll("[data-order]")];
  }

  get #order() {
    return this.root.querySelector("[data-order]:checked").value;
  }
}
