// What the free table and the pages of a question share: images on a ground, answers that go and come back, the keys' deeds.
import { t } from "../strings.js";
import { toast } from "../toast.js";
import { Answers, tellSaving } from "./answers.js";
import { Grid } from "./grid.js";
import { Source } from "./source.js";
import { usualSize } from "./tile.js";

const KEPT_SIZE = "loupe-table-size";
const PIECE = 100;
const INSTEAD = { no_model: "tableInsteadModel", no_vectors: "tableInsteadVectors" };

export class Surface {
  #waiting = 0;

  constructor(root) {
    this.root = root;
    const table = JSON.parse(root.dataset.lightTable);
    const { account } = JSON.parse(root.dataset.desk);
    this.labels = table.labels;
    this.source = new Source(table, () => this.seen());
    this.answers = new Answers({
      ...table,
      account,
      onChange: (left, trouble) => this.#saving(left, trouble),
      onRefused: () => this.#renew(),
      question: Number(root.dataset.question) || undefined,
    });
    this.slider = root.querySelector("[data-size]");
    this.grid = new Grid(root.querySelector("[data-view]"), root.querySelector("[data-canvas]"), {
      draw: (tile, place, load) => this.draw(tile, place, load),
      onSight: (first, last) => this.sight(first, last),
      onResize: () => this.source.length > 0 && this.show(),
    });
    this.slider.value = localStorage.getItem(KEPT_SIZE) ?? usualSize(this.grid.view);
    this.slider.addEventListener("input", () => this.resize());
  }

  /** Whether near-duplicates go with each other. */
  get together() {
    return this.root.querySelector("[data-groups]").checked;
  }

  /** Fetch the images and show them. */
  async open() {
    try {
      const instead = await this.source.open();
      const line = this.root.querySelector("[data-instead]");
      line.hidden = !INSTEAD[instead] || this.root.querySelector("[data-explained]") !== null;
      line.textContent = INSTEAD[instead] ? t(INSTEAD[instead]) : "";
      await this.prepare?.();
    } catch (error) {
      toast(error.message, "error");
      return;
    }
    this.show();
    this.grid.view.focus({ preventScroll: true });
  }

  resize() {
    localStorage.setItem(KEPT_SIZE, this.slider.value);
    this.show();
  }

  /** Show how many images there are, and the images. */
  show() {
    this.root.querySelector("[data-count]").textContent = t("tableCount", { count: this.count.toLocaleString() });
    this.root.querySelector("[data-empty]").hidden = this.count > 0;
    this.grid.view.hidden = this.count === 0;
    this.grid.show(this.count, Number(this.slider.value));
  }

  sight(first, last) {
    // Whole pieces: while somebody scrolls, each row by itself would be a request of its own.
    const from = first - (first % PIECE);
    const end = Math.min(last - (last % PIECE) + PIECE, this.count);
    this.source.need(Array.from({ length: end - from }, (_, each) => this.idAt(from + each)));
  }

  /** More is known of the images in sight. */
  seen() {
    this.root.querySelector("[data-group-choice]").hidden = !this.source.hasGroups;
    this.grid.repaint();
  }

  move(across, down) {
    this.grid.go(this.grid.active + across + down * this.grid.columns);
    const name = this.source.known(this.idAt(this.grid.active))?.name ?? "";
    this.announce(t("tableTold", { name, place: this.grid.active + 1, count: this.count }));
  }

  /** Say what was done, on a line of its own: nothing may hide an image. */
  tell(sentence) {
    this.root.querySelector("[data-told]").textContent = sentence;
    this.announce(sentence);
  }

  announce(sentence) {
    this.root.querySelector("[data-announce]").textContent = sentence;
  }

  /** Let answers be seen; gives what was said before, [[id, value or undefined]]. */
  say(label, answers) {
    const before = answers.map(([id, value]) => [id, this.source.say(id, label, value)]);
    this.grid.refresh();
    return before;
  }

  act(name) {
    if (name === "undo") this.undo();
    else if (name === "redo") this.redo();
    else if (this.count === 0) return;
    else if (name === "like") location.href = `${location.pathname}?like=${this.idAt(this.grid.active)}`;
    else if (name === "look") location.href = this.source.page(this.idAt(this.grid.active));
    else if (name === "larger" || name === "smaller") this.#turn(name === "larger" ? 1 : -1);
  }

  undo() {
    const step = this.answers.undo();
    if (step) this.say(step.label, step.before);
    this.tell(step ? t("tableUndone", { count: step.answers.length }) : t("tableNothing"));
    return step;
  }

  redo() {
    const step = this.answers.redo();
    if (step) this.say(step.label, step.answers);
    this.tell(step ? t("tableRedone", { count: step.answers.length }) : t("tableNoRedo"));
    return step;
  }

  #turn(steps) {
    this.slider.value = Number(this.slider.value) + 3 * steps * Number(this.slider.step);
    this.resize();
  }

  #saving(left, trouble) {
    const drained = this.#waiting > 0 && left === 0;
    this.#waiting = left;
    this.source.busy = left > 0;
    tellSaving(this.root.querySelector("[data-saving]"), left, trouble);
    if (drained) this.#renew();
  }

  // Others answer too, and what was just saved may have settled, or unsettled, what is known.
  #renew() {
    this.source.renew();
    this.grid.refresh();
  }
}
