// One label at a time: a page of images is taken as one answer but for the exceptions, confirmed, and the next is there.
import { t } from "../strings.js";
import { Exceptions } from "./exceptions.js";
import { Leases } from "./leases.js";
import { Surface } from "./surface.js";
import { paint } from "./tile.js";

export class Questions extends Surface {
  constructor(root) {
    super(root);
    this.label = this.labels.find((each) => each.id === Number(root.dataset.question));
    this.exceptions = new Exceptions(root.querySelector("[data-taken-as]"), {
      guess: (id) => ((this.source.known(id)?.probability ?? 0) >= this.source.limit ? "present" : "absent"),
      onChange: () => this.#told(),
    });
    this.leases = new Leases(JSON.parse(root.dataset.lightTable), {
      onChange: () => (this.count === this.grid.length ? this.#lent() : this.show()),
      onTrouble: (error) => this.tell(error.message),
      busy: () => this.source.busy,
    });
    this.open();
  }

  /** Borrow the first page, and one more. */
  async prepare() {
    this.grid.show(0, Number(this.slider.value));
    this.leases.lay(this.source.ids);
    await this.leases.fill(2 * this.grid.fitting);
  }

  seen() {
    super.seen();
    this.#told();
  }

  /** As many as are seen without scrolling: nobody confirms what was not looked at. */
  get count() {
    return Math.min(this.leases.held.length, this.grid.fitting);
  }

  get page() {
    return this.leases.held.slice(0, this.count);
  }

  idAt(place) {
    return this.leases.held[place];
  }

  draw(tile, place, load) {
    const id = this.idAt(place);
    const { label, source, exceptions, count } = this;
    const said = exceptions.answer(id);
    const more = { touched: exceptions.has(id), selected: said === "present", alike: source.alike(id).length };
    paint(tile, { id, seen: source.known(id), said, label, labels: [], place, count, source, load, ...more });
  }

  show() {
    super.show();
    // Once the ground is measured it is known how many fit.
    if (this.grid.length !== this.count) this.grid.show(this.count);
    this.#lent();
  }

  // How many are left, and where; a page more is borrowed meanwhile.
  #lent() {
    const { left } = this.leases;
    this.root.querySelector("[data-count]").textContent = t("tableLeft", { count: left.toLocaleString() });
    this.root.querySelector("[data-empty]").hidden = left > 0;
    this.root.querySelector("[data-elsewhere]").hidden = this.count > 0 || left === 0;
    this.#told();
    this.#fetchAhead();
    this.leases.fill(2 * this.grid.fitting);
  }

  /** Take an image as an exception, or no longer; with Shift nobody can tell. */
  touch(place, { shift = false } = {}) {
    const id = this.idAt(place);
    const { page } = this;
    const same = this.together ? this.source.alike(id).filter((each) => each !== id && page.includes(each)) : [];
    this.exceptions.toggle([id, ...same], shift);
    this.#told();
  }

  act(name) {
    if (name === "confirm") this.confirm();
    else super.act(name);
  }

  /** Answer for the whole page and show the next one. */
  confirm() {
    const { page, label, exceptions } = this;
    const pictures = [...this.grid.canvas.querySelectorAll(".lt-tile:not([hidden]) img")];
    // Nobody has looked at pictures that are not there yet.
    if (page.length === 0 || !pictures.every((picture) => picture.complete)) return;
    if (!page.every((id) => this.source.known(id))) return;
    const answers = page.map((id) => [id, exceptions.answer(id)]);
    const before = this.say(label.id, answers);
    this.answers.give({ label: label.id, version: label.version, answers, before, touched: exceptions.of(page) });
    const present = answers.filter(([, value]) => value === "present").length;
    this.tell(t("pageConfirmed", { count: page.length, present }));
    this.#takeOff(answers);
  }

  undo() {
    const step = super.undo();
    if (!step) return;
    this.leases.back(step.answers.map(([id]) => id));
    this.exceptions.set(step.touched);
    this.#moveOn(-step.answers.length);
  }

  redo() {
    const step = super.redo();
    if (step) this.#takeOff(step.answers);
  }

  // What others have answered meanwhile is not asked again.
  #takeOff(answers) {
    const gone = new Set(answers.map(([id]) => id));
    this.leases.off((id) => gone.has(id) || this.source.state(id, this.label.id));
    this.exceptions.set([]);
    this.#moveOn(answers.length);
  }

  #moveOn(known) {
    for (const bar of this.root.querySelectorAll("[data-progress]")) bar.value += known;
    this.grid.active = 0;
    this.grid.clear();
    this.show();
  }

  #told() {
    const counts = { present: 0, absent: 0, unsure: 0 };
    for (const id of this.page) counts[this.exceptions.answer(id)] += 1;
    const tally = t("pageTally", counts);
    this.root.querySelector("[data-tally]").textContent = tally;
    this.announce(tally);
    this.grid.refresh();
    const bar = this.root.querySelector("[data-progress]");
    if (!bar) return;
    const told = { known: bar.value.toLocaleString(), total: bar.max.toLocaleString() };
    this.root.querySelector("[data-progress-text]").textContent = t("progressText", told);
  }

  #fetchAhead() {
    const next = this.leases.held.slice(this.count, 2 * this.count);
    this.source.need(next);
    for (const id of next) new Image().src = this.source.thumbnail(id);
  }
}
