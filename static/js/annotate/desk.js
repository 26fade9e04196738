// What the annotator does with an image: submit, none apply, skip, flag, go back and on.
import { t } from "../strings.js";
import { same } from "./hints.js";
import { History } from "./history.js";
import { Screen } from "./screen.js";
import { Settling } from "./settling.js";
import { entryOf } from "./timeline.js";
import { Undoing } from "./undoing.js";

export class Desk {
  /** The parts: api, timeline, view, labels, saver, feed, preloader, pace. */
  constructor(parts) {
    Object.assign(this, parts);
    this.history = new History((entry) => this.timeline.has(entry));
    this.settling = new Settling({ ...parts, tally: (by) => this.#tally(by) });
    this.screen = new Screen({ ...parts, history: this.history });
    this.undoing = new Undoing(this);
  }

  /** Tell whether somebody has chosen labels of an image that is not answered yet. */
  get isTouched() {
    const entry = this.timeline.current;
    return entry?.state === "open" && entry.answers.size > entry.marks.size;
  }

  /** Submit what is chosen. Choosing nothing is no answer: "none of these apply" is one, and has its own key. */
  submit() {
    const entry = this.timeline.current;
    if (!entry) return;
    const open = this.labels.unanswered;
    if (entry.answers.size === 0) this.view.hint(t("chooseFirst"));
    else if (open.length > 0 && !entry.warned) {
      entry.warned = true;
      this.view.hint(t("groupUnanswered", { groups: open.join(", ") }));
    } else this.#answer(entry, entry.answers);
  }

  none() {
    const entry = this.timeline.current;
    if (entry) this.#answer(entry, new Map());
  }

  /** Pass an image by, with or without a reason; one that is answered already is only left. */
  skip(skip = null) {
    const entry = this.timeline.current;
    if (entry?.state === "open") {
      this.#do({
        kind: "settle",
        verb: "skip",
        state: "skipped",
        entry,
        skip,
        given: entry.answers,
        body: this.#asked,
      });
    } else if (entry?.state === "skipped" && skip) {
      entry.skip = skip;
      this.settling.reason(entry);
      this.screen.look(entry);
    } else if (skip) this.view.hint(t("reasonAnswered"));
    else this.step(1);
  }

  /** Flag the image, or take the flag away. */
  flag() {
    const entry = this.timeline.current;
    if (!entry) return;
    const on = !entry.item.flagged;
    this.history.add({ kind: "flag", entry, on });
    this.settling.flag(entry, on);
    this.show();
    this.view.hint(t(on ? "flagged" : "unflagged"));
  }

  step(by) {
    const left = this.timeline.current;
    if (!this.timeline.step(by)) return by < 0 && this.view.hint(t("noEarlier"));
    this.show();
    if (left?.state === "answered" && !same(left.answers, left.saved))
      this.view.hint(t("notSubmitted", { name: left.item.name }));
  }

  /** On to the next image by a sweep of the hand: an earlier one is left, a new one submitted. */
  next() {
    if (this.timeline.looksBack) this.step(1);
    else this.submit();
  }

  /** Bring an image back whose answer the server refused, with what was chosen. */
  openAgain({ id, item, body }) {
    const entry = this.timeline.past.find((other) => other.item.id === item.id) ?? entryOf(item);
    entry.answers = entryOf(item, body.answers ?? {}).answers;
    this.saver.discard(id);
    this.history.forget((action) => action.key === id);
    this.settling.reopen(entry);
    this.show();
  }

  /** Others have these images now: what is not before the annotator's eyes goes. */
  lost(ids) {
    const eyes = this.timeline.current;
    this.timeline.lose(new Set(ids));
    if (eyes && ids.includes(eyes.item.id)) this.view.hint(t("claimLost"));
    this.show();
  }

  /** A label was switched; `before` is what was chosen until then. */
  chosen(before) {
    const entry = this.timeline.current;
    this.history.add({ kind: "choice", entry, before, after: new Map(entry.answers) });
    this.view.hint("");
    this.view.announce(t("announceLabels", { labels: this.labels.summary || t("nothing") }));
    this.screen.allow(entry);
  }

  /** Bring the screen up to date. */
  show() {
    this.screen.show();
  }

  #answer(entry, given) {
    const answers = Object.fromEntries(given);
    const { asked } = this.labels;
    const body = { ...this.#asked, answers, asked, seconds: this.pace.seconds, shown: entry.item.at };
    this.#do({ kind: "settle", verb: "submit", state: "answered", entry, given, body });
  }

  // Where the desk asks for one label, the question goes along.
  get #asked() {
    return this.feed.question === null ? {} : { question: this.feed.question };
  }

  #do(action) {
    const { entry, given } = action;
    Object.assign(action, { given: new Map(given), chosen: new Map(entry.answers) });
    this.history.add(action);
    this.settling.settle(action);
    this.show();
  }

  #tally(by) {
    this.pace.tally(by);
    if (this.feed.progress) this.feed.progress.done += by;
  }
}
