// Which images come up, and in which order: each person's own wish, remembered in this browser.
import { release } from "./claims.js";
import { recall, remember } from "./remembered.js";

const NUMBERS = ["label_id", "year_from", "year_to", "annotator"];
// A label's state alone narrows nothing.
const NARROWING = ["status", "slice", ...NUMBERS];

export class Orders {
  /** Parts: api, account, project, timeline, feed, desk. */
  constructor(root, parts) {
    Object.assign(this, parts);
    this.form = root.querySelector("[data-orders]");
    this.mark = root.querySelector("[data-narrowed]");
    this.kept = `loupe-order-${parts.account}-${parts.project}`;
    this.#restore();
    this.feed.wish = this.wish;
    root.querySelector("[data-filter]").open = this.wish.filter !== null;
    this.form.addEventListener("change", () => this.choose(this.form.elements.skipped.checked));
    // The choice of a slice is filled when it is seen first; what was chosen before stays chosen.
    this.form.addEventListener("htmx:after:swap", () => {
      // To begin anew is to choose none.
      for (const option of this.form.elements.slice.options) option.defaultSelected = option.value === "";
      this.#restore(["slice"]);
    });
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("reset", () => setTimeout(() => this.choose(false)));
  }

  /** What is wished of the queue, as the server takes it. */
  get wish() {
    const given = new FormData(this.form);
    const filter = {};
    for (const name of ["label_state", ...NARROWING]) {
      const value = given.get(name);
      if (value) filter[name] = NUMBERS.includes(name) ? Number(value) : value;
    }
    const isNarrow = NARROWING.some((name) => name in filter);
    this.mark.hidden = !isNarrow;
    return {
      order: given.get("order"),
      label: Number(given.get("label")) || null,
      filter: isNarrow ? filter : null,
      skipped: given.has("skipped"),
    };
  }

  /** Begin another choice of images; one whose labels were chosen already stays. */
  async choose(skipped) {
    const { api, timeline, desk, feed } = this;
    this.form.elements.skipped.checked = skipped;
    if (!this.form.reportValidity()) return;
    this.#keep();
    const gone = timeline.startRound(desk.isTouched ? timeline.queue[0] : null);
    release(api, gone);
    // Before the screen asks for more: it is to ask for what is wished now.
    const coming = feed.restart(this.wish);
    desk.show();
    await coming;
  }

  #keep() {
    const fields = [...new FormData(this.form)].filter(([name]) => name !== "skipped");
    remember(this.kept, JSON.stringify(Object.fromEntries(fields)));
  }

  // A label or an order that was there the last time may be gone by now.
  #restore(names = null) {
    const kept = JSON.parse(recall(this.kept) || "{}");
    for (const [name, value] of Object.entries(kept)) {
      const field = this.form.elements[name];
      if (!field || !value || !(names?.includes(name) ?? true)) continue;
      const isThere = name !== "slice" || [...field.options].some((option) => option.value === value);
      if (!isThere) field.add(new Option(value.slice(value.indexOf(":") + 1), value));
      const before = field.value;
      field.value = value;
      if (field.value !== value) field.value = before;
    }
  }
}
