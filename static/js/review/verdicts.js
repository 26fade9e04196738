// Verdicts on their way to the server: kept in this browser until they are saved, and undone in the order they were given.
import { newKey, Outbox } from "../annotate/outbox.js";
import { Saver } from "../annotate/saver.js";
import { renewToken } from "../annotate/token.js";
import { csrfFetch } from "../http.js";
import { t } from "../strings.js";
import { toast } from "../toast.js";

// An afternoon's verdicts; further back the server knows them.
const REMEMBERED = 500;

export class Verdicts {
  #waiting = 0;
  /** Keys of what the server would not take. */
  refused = new Set();

  /** `onSaved` is called when everything under way has arrived, `onRefused` with what the server would not take. */
  constructor({ account, project, run, url, onChange, onSaved, onRefused = () => {} }) {
    Object.assign(this, { url, onChange, onSaved, onRefused });
    this.stackName = `loupe-review-${account}-${run}`;
    // One box for each run, and apart from the annotator's desk, which shares the store.
    this.saver = new Saver(new Outbox(`review-${account}`, `${project}-${run}`), {
      onChange: () => this.#changed(),
      renew: () => renewToken(account),
    });
    this.saver.resume();
  }

  /** Save a verdict on a place. */
  give(verdict, { image, label, position, list = "", blind = "" }) {
    const key = newKey();
    this.#remember([...this.#given(), { key, position, item: `${image}-${label}` }]);
    const body = { image_id: image, label_id: label, verdict, client_key: key, list_kind: list };
    if (blind) body.blind_answer = blind;
    this.saver.add({ id: key, kind: "verdict", url: this.url, body, item: { id: image } });
  }

  /** Save a page of verdicts, [{image_id, label_id, verdict}], as one. */
  givePage(verdicts, { list, grid, marks }) {
    const key = newKey();
    const first = verdicts[0];
    const item = `${first.image_id}-${first.label_id}`;
    this.#remember([...this.#given(), { key, item, page: verdicts.length, grid, marks }]);
    const body = { batch_key: key, verdicts, list_kind: list };
    this.saver.add({ id: key, kind: "page", url: `${this.url}/batch`, body, item: { id: first.image_id } });
    return key;
  }

  /** Save anything else that shall not get lost, behind the same line of what is not saved yet. */
  send(kind, url, body) {
    this.saver.add({ id: body.client_key ?? newKey(), kind, url, body, item: { id: 0 } });
  }

  /**
   * Take back what this person did last on this run, in this window or before, or else the verdict on the place shown.
   * Gives {key, item, position} or for a page {key, item, page, grid, marks}, or null where nothing is left.
   */
  async undo(ownKey = "", position = 0) {
    let given = this.#given();
    if (given.length === 0) given = await this.#earlier();
    const last = given.pop() ?? (ownKey ? { key: ownKey, position } : null);
    if (!last) return null;
    this.#remember(given);
    const body = { client_key: last.key };
    this.saver.add({ id: newKey(), kind: "undo", url: `${this.url}/undo`, body, item: { id: 0 } });
    return last;
  }

  // What was given in other windows or on other days, the latest last.
  async #earlier() {
    const takenBack = new Set(
      this.saver.operations.filter((one) => one.kind === "undo").map((one) => one.body.client_key),
    );
    try {
      const { given } = await csrfFetch(`${this.url}/mine`);
      return given.filter((each) => !takenBack.has(each.key)).reverse();
    } catch {
      return [];
    }
  }

  #changed() {
    for (const refused of this.saver.refused) {
      toast(t("reviewRefused", { why: refused.refused }), "error");
      this.#remember(this.#given().filter((each) => each.key !== refused.id));
      this.refused.add(refused.id);
      this.saver.discard(refused.id);
      this.onRefused(refused);
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

/** Say on a page's line how saving stands. */
export function tellSaving(line, left, trouble) {
  line.toggleAttribute("data-trouble", Boolean(left && trouble));
  if (!left) line.textContent = line.textContent && t("reviewSaved");
  else line.textContent = trouble ? t("reviewUnsaved", { count: left, why: trouble }) : t("reviewSaving");
}
