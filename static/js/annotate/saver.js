// Sends answers in the order they were given, behind the annotator's back, until the server has confirmed each one.
import { csrfFetch } from "../http.js";
import { t } from "../strings.js";

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
// A server that says nothing for so long is taken for silent; the answer is sent again under the same key.
const SILENCE_MS = 20_000;

export class Saver {
  operations = [];
  trouble = "";
  /** How much was confirmed since the page was opened. */
  confirmed = 0;
  #sending = false;
  #timer = 0;
  #wait = FIRST_WAIT_MS;

  /** `renew` fetches a new form token: true, or a sentence why not; `onSaved` gets an operation and the answer to it. */
  constructor(outbox, { onChange, onSaved = () => {}, renew }) {
    Object.assign(this, { outbox, onChange, onSaved, renew });
    addEventListener("online", () => this.now());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.now());
    addEventListener("beforeunload", (event) => {
      if (this.operations.length > 0) event.preventDefault();
    });
  }

  get refused() {
    return this.operations.filter((operation) => operation.refused);
  }

  /** Ids of images whose answer or skip is still under way. */
  get imageIds() {
    return this.operations.filter((one) => ["submit", "skip"].includes(one.kind)).map((one) => one.item.id);
  }

  /** Take up what an earlier visit left. */
  async resume() {
    const kept = await this.outbox.load();
    const known = new Set(this.operations.map((operation) => operation.id));
    this.operations.unshift(...kept.filter((operation) => !known.has(operation.id)));
    this.#changed();
    this.now();
  }

  /** Save something: {id, kind, url, body, item}. */
  add(operation) {
    const kept = { ...operation, at: this.#later(), refused: "" };
    this.operations.push(kept);
    this.outbox.put(kept);
    this.#changed();
    this.now();
  }

  /** Give an operation up, because the person said so or has opened the image again. */
  discard(id) {
    this.operations = this.operations.filter((operation) => operation.id !== id);
    this.outbox.remove(id);
    this.#changed();
  }

  /** Try at once instead of waiting. */
  now() {
    clearTimeout(this.#timer);
    this.#send();
  }

  #later() {
    return Math.max(Date.now(), (this.operations.at(-1)?.at ?? 0) + 1);
  }

  async #send() {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (let next = this.#next(); next; next = this.#next()) {
        if (!(await this.#attempt(next))) break;
      }
    } finally {
      this.#sending = false;
    }
  }

  #next() {
    return this.operations.find((operation) => !operation.refused);
  }

  // Tells whether to go on with the next one.
  async #attempt(operation) {
    let answer;
    try {
      // Kept alive, it arrives even if the page is left at this moment.
      answer = await csrfFetch(operation.url, {
        json: operation.body,
        keepalive: true,
        signal: AbortSignal.timeout(SILENCE_MS),
      });
    } catch (error) {
      return await this.#failed(operation, error);
    }
    this.#wait = FIRST_WAIT_MS;
    this.trouble = "";
    this.confirmed += 1;
    this.discard(operation.id);
    this.onSaved(operation, answer);
    return true;
  }

  async #failed(operation, error) {
    const passing = error.passing ?? true;
    if (error.status === 401 || error.status === 403) {
      const renewed = await this.renew();
      if (renewed === true && !operation.renewed) {
        operation.renewed = true;
        return true;
      }
      if (renewed !== true) return this.#pause(renewed);
    }
    if (passing) return this.#pause(error.status ? error.message : t("silent"));
    operation.refused = error.message;
    this.outbox.put(operation);
    this.#changed();
    return true;
  }

  #pause(why) {
    this.trouble = why;
    this.#timer = setTimeout(() => this.#send(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
    this.#changed();
    return false;
  }

  #changed() {
    this.onChange(this);
  }
}
