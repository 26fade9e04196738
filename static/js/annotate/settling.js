// Answers, skips and flags as they are done, undone and done again: the screen goes on at once, saving follows.
import { newKey } from "./outbox.js";

export class Settling {
  /** The parts: api, timeline, saver, pace, tally (called with how many images more are tagged). */
  constructor(parts) {
    Object.assign(this, parts);
  }

  /** Settle an entry as an action says (verb, state, given, body), under a new key, and go on to the newest image. */
  settle(action) {
    const { entry } = action;
    this.timeline.lookAt(entry);
    action.key = newKey();
    action.before = { state: entry.state, saved: entry.saved, key: entry.key, skip: entry.skip };
    this.#tally(entry.state, action.state);
    entry.answers = new Map(action.given);
    entry.saved = new Map(action.given);
    entry.marks.clear();
    entry.skip = action.skip ?? null;
    this.timeline.settle(action.state, action.key);
    this.#save(action.verb, action.key, entry, { ...action.body, image_id: entry.item.id, client_key: action.key });
    if (entry.skip) this.reason(entry);
  }

  /** Take a settled action back, and look at its image with what was chosen. */
  unsettle({ entry, key, before, chosen }) {
    // What the server refused was never saved, so there is nothing there to take back.
    if (this.saver.refused.some((operation) => operation.id === key)) this.saver.discard(key);
    else this.#save("undo", newKey(), entry, { client_key: key });
    this.#tally(entry.state, before.state);
    Object.assign(entry, before);
    entry.answers = new Map(before.state === "answered" ? before.saved : chosen);
    if (before.state === "open") this.timeline.reopen(entry);
    else this.timeline.lookAt(entry);
  }

  /** Bring an image back whose answer the server refused, with what was chosen. */
  reopen(entry) {
    this.#tally(entry.state, "open");
    this.timeline.reopen(entry);
  }

  /** Save why an image was skipped. */
  reason(entry) {
    this.#save("reason", newKey(), entry, { ...entry.skip, image_id: entry.item.id });
  }

  /** Flag an image, or take the flag away. */
  flag(entry, flagged) {
    entry.item.flagged = flagged;
    this.#save("flag", newKey(), entry, { image_id: entry.item.id, flagged });
  }

  #save(kind, id, entry, body) {
    this.saver.add({ id, kind, url: `${this.api}/${kind}`, body, item: entry.item });
  }

  #tally(before, after) {
    const more = Number(after === "answered") - Number(before === "answered");
    if (more !== 0) this.tally(more);
  }
}
