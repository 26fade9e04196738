// Brings the next images before they are needed, and says why there are none.
import { csrfFetch } from "../http.js";
import { t } from "../strings.js";
import { renewToken } from "./token.js";

// The image on the screen and seven behind it: enough for quick hands on a slow network, and few questions to the server.
const AT_HAND = 8;
const LOW = 3;
const LOOK_AGAIN_MS = 10_000;
const COUNT_AGAIN_MS = 30_000;
const COUNT_SOON_MS = 3000;
const LONGEST_WAIT_MS = 30_000;

export class Feed {
  /** What is wished of the queue: order, label, filter, skipped; see Orders. */
  wish = {};
  /** Why images come in another order than was wished, or nothing. */
  fallback = "";
  progress = null;
  /** Why no image comes: loading, done, others, skipped, no-skipped, waiting or trouble. */
  state = "loading";
  trouble = "";
  #asking = null;
  #timer = 0;
  #wait = 1000;
  #round = 0;

  /**
   * Parts: api, account, saver, question (its number or null); `queued`, `pending` and `skipping` count, `held` gives
   * ids that are here, `take` gets new items; onLabels hears which labels there are, onChange of anything new.
   */
  constructor(parts) {
    Object.assign(this, parts);
  }

  /** Ask for more if little is left. */
  refill() {
    if (this.queued() < LOW) this.look();
  }

  /** Ask now. */
  look() {
    clearTimeout(this.#timer);
    this.#asking ??= this.#ask(this.#round).finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** Begin anew in another order; an answer to an earlier question no longer counts. */
  async restart(wish) {
    Object.assign(this, { wish, state: "loading", fallback: "" });
    this.#round += 1;
    await this.#asking;
    await this.look();
  }

  async #ask(round) {
    // A skip under way is not known as one yet, but its image is left; it may be confirmed before this is answered.
    const isSkipping = this.skipping() > 0;
    const asked = { ...this.wish, question: this.question, count: Math.max(1, AT_HAND - this.queued()) };
    try {
      const answer = await csrfFetch(`${this.api}/next`, { json: { ...asked, held: this.held() } });
      if (round !== this.#round) return;
      this.#wait = 1000;
      this.fallback = answer.fallback ?? "";
      this.take(answer.items);
      this.state = this.#stateOf(answer, isSkipping);
      if (this.state === "waiting") this.#later(LOOK_AGAIN_MS);
    } catch (error) {
      await this.#failed(error);
    }
    this.onChange();
  }

  /** Tell how far the tagging is, now and every while; what fails is told by the images that do not come. */
  async count() {
    const confirmed = this.saver.confirmed;
    let isSure = true;
    try {
      const counted = await csrfFetch(`${this.api}/progress`);
      this.onLabels(counted.labels);
      // What is under way, or was confirmed meanwhile, may be in the server's number or not: then our own goes on.
      const underWay = this.saver.operations.length - this.saver.refused.length;
      isSure = underWay === 0 && this.saver.confirmed === confirmed;
      const done = isSure ? counted.done : (this.progress?.done ?? counted.done + this.pending());
      this.progress = { ...counted, done };
      this.onChange();
    } catch (error) {
      if (error.name !== "HttpError") throw error;
    }
    setTimeout(() => this.count(), isSure ? COUNT_AGAIN_MS : COUNT_SOON_MS);
  }

  #stateOf({ items, empty }, isSkipping) {
    if (items.length > 0) return "loading";
    return empty === "done" && isSkipping ? "skipped" : empty;
  }

  async #failed(error) {
    if (error.name !== "HttpError") throw error;
    this.state = "trouble";
    this.trouble = error.status ? error.message : t("silent");
    if (error.status === 401 || error.status === 403) {
      const renewed = await renewToken(this.account);
      if (renewed !== true) this.trouble = renewed;
    }
    this.#later(this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
  }

  #later(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.look(), milliseconds);
  }
}
