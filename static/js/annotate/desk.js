// What the annotator does: submit, none apply, skip, back, undo. The screen goes on at once, saving follows.
import { t } from "../strings.js";
import { hintFor, same } from "./hints.js";
import { newKey } from "./outbox.js";
import { entryOf } from "./timeline.js";

export class Desk {
  #actions = [];
  #shown = null;

  /** The parts: api, timeline, view, labels, saver, feed, preloader, pace. */
  constructor(parts) {
    Object.assign(this, parts);
  }

  /** Submit what is chosen. Choosing nothing is no answer: "none of these apply" is one, and has its own key. */
  submit() {
    const entry = this.timeline.current;
    if (!entry) return;
    if (entry.answers.size === 0) this.view.hint(t("chooseFirst"));
    else this.#answer(entry, new Map(entry.answers));
  }

  none() {
    const entry = this.timeline.current;
    if (!entry) return;
    const chosen = new Map(entry.answers);
    entry.answers.clear();
    this.#answer(entry, chosen);
  }

  /** Pass an image by; one that is dealt with already is only left. */
  skip() {
    const entry = this.timeline.current;
    if (entry?.state === "open") this.#settle("skip", "skipped", entry, new Map(entry.answers), {});
    else this.step(1);
  }

  step(by) {
    const left = this.timeline.current;
    if (!this.timeline.step(by)) return by < 0 && this.view.hint(t("noEarlier"));
    this.show();
    if (left?.state === "answered" && !same(left.answers, left.saved))
      this.view.hint(t("notSubmitted", { name: left.item.name }));
  }

  /** Take the last thing done in this session back, and show its image with what was chosen. */
  undo() {
    const last = this.#actions.pop();
    if (!last) return this.view.hint(t("undoNothing"));
    const { entry, key, before, chosen } = last;
    // What the server refused was never saved, so there is nothing there to take back.
    if (this.saver.refused.some((operation) => operation.id === key)) this.saver.discard(key);
    else this.#save("undo", newKey(), entry, { client_key: key });
    this.#tally(entry.state, before.state);
    Object.assign(entry, before);
    entry.answers = new Map(before.state === "answered" ? before.saved : chosen);
    if (before.state === "open") this.timeline.reopen(entry);
    else this.timeline.lookAt(entry);
    this.show();
    this.view.hint(t(before.state === "open" ? "takenBack" : "correctionTakenBack"));
  }

  /** Bring an image back whose answer the server refused, with what was chosen. */
  openAgain({ id, item, body }) {
    const entry = this.timeline.past.find((other) => other.item.id === item.id) ?? entryOf(item);
    entry.answers = entryOf(item, body.answers).answers;
    this.saver.discard(id);
    this.#actions = this.#actions.filter((action) => action.key !== id);
    this.#tally(entry.state, "open");
    this.timeline.reopen(entry);
    this.show();
  }

  /** Others have these images now: what is not before the annotator's eyes goes. */
  lost(ids) {
    const gone = new Set(ids);
    const eyes = this.timeline.current;
    this.timeline.queue = this.timeline.queue.filter(
      (one) => !gone.has(one.item.id) || one === eyes || one.answers.size,
    );
    if (eyes && gone.has(eyes.item.id)) this.view.hint(t("claimLost"));
    this.show();
  }

  /** A label was switched. */
  chosen() {
    this.view.hint("");
    this.view.announce(t("announceLabels", { labels: this.labels.summary || t("nothing") }));
  }

  /** Bring the screen up to date; called whenever anything has changed. */
  show() {
    const entry = this.timeline.current;
    const isNew = entry !== this.#shown;
    this.#shown = entry;
    this.view.state(entry ? null : this.feed.state, this.feed.trouble);
    this.labels.show(entry);
    if (isNew) this.#look(entry);
    if (entry) this.view.show(entry);
    const { past, cursor, queue } = this.timeline;
    this.preloader.want([...past.slice(Math.max(0, cursor - 1), cursor + 2), ...queue].map((one) => one.item));
    this.view.allow(this.#possible(entry));
    if (this.feed.progress) this.view.progress(this.feed.progress, this.pace);
    this.feed.refill();
  }

  #look(entry) {
    this.pace.look();
    this.view.hint(hintFor(entry));
    if (entry) this.view.announce(`${t("announceImage", { name: entry.item.name })} ${hintFor(entry)}`);
  }

  #possible(entry) {
    const names = new Set(entry ? ["submit", "none", "skip"] : []);
    if (this.timeline.cursor > 0) names.add("back");
    if (this.timeline.looksBack) names.add("forward");
    if (this.#actions.length > 0) names.add("undo");
    return names;
  }

  #answer(entry, chosen) {
    const answers = Object.fromEntries(entry.answers);
    const body = { answers, asked: this.labels.asked, seconds: this.pace.seconds };
    this.#settle("submit", "answered", entry, chosen, body);
  }

  #settle(kind, state, entry, chosen, body) {
    const key = newKey();
    const before = { state: entry.state, saved: entry.saved, key: entry.key };
    this.#actions.push({ entry, key, before, chosen });
    this.#tally(entry.state, state);
    entry.saved = new Map(entry.answers);
    this.timeline.settle(state, key);
    this.#save(kind, key, entry, { ...body, image_id: entry.item.id, client_key: key });
    this.show();
  }

  #save(kind, id, entry, body) {
    this.saver.add({ id, kind, url: `${this.api}/${kind}`, body, item: entry.item });
  }

  #tally(before, after) {
    const more = Number(after === "answered") - Number(before === "answered");
    if (more === 0) return;
    this.pace.tally(more);
    if (this.feed.progress) this.feed.progress.done += more;
  }
}
