// Verdicts on their way to the server: kept in this browser until they are saved, and undone in the order they were given.
import { newKey, Outbox } from "../annotate/outbox.js";
import { Saver } from "../annotate/saver.js";
import { renewToken } from "../annotate/token.js";
import { t } from "../strings.js";
import { toast } from "../toast.js";

// An afternoon's verdicts; further back one goes by the list.
const REMEMBERED = 500;

export class Verdicts {
  #waiting = 0;

  /** `onSaved` is called when everything under way has arrived. */
  constructor({ account, project, run, url, onChange, onSaved }) {
    Object.assign(this, { url, onChange, onSaved });
    this.stackName = `loupe-review-${account}-${run}`;
    // One box for each run, and apart from the annotator's desk, which shares the store.
    this.saver = new Saver(new Outbox(`review-${account}`, `${project}-${run}`), {
      onChange: () => this.#changed(),
      renew: () => renewToken(account),
    });
    this.saver.resume();
  }

  /** Save a verdict on a place. */
  give(verdict, { image, label, position }) {
    const key = newKey();
    this.#remember([...this.#given(), { key, position }]);
    const body = { image_id: image, label_id: label, verdict, client_key: key };
    this.saver.add({ id: key, kind: "verdict", url: this.url, body, item: { id: image } });
  }

  /** Take back the last verdict, or the one standing on the place shown; gives the place it was given at. */
  undo(ownKey, position) {
    const given = this.#given();
    const last = given.pop() ?? (ownKey ? { key: ownKey, position } : null);
    if (!last) return null;
    this.#remember(given);
    const body = { client_key: last.key };
    this.saver.add({ id: newKey(), kind: "undo", url: `${this.url}/undo`, body, item: { id: 0 } });
    return last.position;
  }

  #changed() {
    for (const refused of this.saver.refused) {
      toast(t("reviewRefused", { why: refused.refused }), "error");
      this.#remember(this.#given().filter((each) => each.key !== refused.id));
      this.saver.discard(refused.id);
    }
    const left = this.saver.operations.length;
    const drained = this.#waiting > 0 && left === 0;
    this.#waiting = left;
    this.onChange(left, this.saver.trouble);
    if (drained) this.onSaved();
  }

  // What was given in this window, so that undo works after a reload too.
  #given() {
    try {
      return JSON.parse(sessionStorage.getItem(this.stackName) ?? "[]");
    } catch {
      return this.given ?? [];
    }
  }

  #remember(given) {
    this.given = given.slice(-REMEMBERED);
    try {
      sessionStorage.setItem(this.stackName, JSON.stringify(this.given));
    } catch {
      // The page itself still knows them.
    }
  }
}
