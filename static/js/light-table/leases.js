// Which images of a question are this person's: lent by the server page by page, so that nobody else is asked them too.
import { csrfFetch } from "../http.js";

// So many are looked at in one request, as the server allows.
const LOOKED_AT = 1000;
// What lies before others, or could not be had, is asked for again after that.
const AGAIN_MS = 5000;

export class Leases {
  /** The images lent, in their order. */
  held = [];
  #ahead = [];
  #elsewhere = [];
  #wanted = 0;
  #asking = false;
  #again = 0;

  /** `onChange()` hears that images came or went; `busy()` tells whether answers are under way still. */
  constructor({ api, label, claim_seconds: seconds }, { onChange, onTrouble, busy }) {
    Object.assign(this, { api, label, onChange, onTrouble, busy });
    // Three times within a lease's life, so that one lost request does not end it.
    setInterval(() => this.#renew(), (seconds * 1000) / 3);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#renew());
    addEventListener("pagehide", () => this.#release());
    // A page that comes back from the browser's memory has given its images away.
    addEventListener("pageshow", (event) => event.persisted && location.reload());
  }

  /** How many images are not answered yet: lent to this person, to others, or to nobody. */
  get left() {
    return this.held.length + this.#ahead.length + this.#elsewhere.length;
  }

  /** Begin with all images of the question. */
  lay(ids) {
    this.#ahead = Array.from(ids);
  }

  /** See to it that so many are held, if there are as many. */
  async fill(count) {
    this.#wanted = count;
    if (this.#asking) return;
    this.#asking = true;
    const before = this.held.length;
    try {
      while (this.held.length < this.#wanted && this.#ahead.length > 0) await this.#ask();
    } catch (error) {
      if (error.name !== "HttpError") throw error;
      this.onTrouble(error);
    } finally {
      this.#asking = false;
    }
    if (this.held.length < this.#wanted && this.left > this.held.length) this.#later();
    if (this.held.length !== before) this.onChange();
  }

  /** These are answered, here or elsewhere. */
  off(isGone) {
    this.held = this.held.filter((id) => !isGone(id));
    this.#ahead = this.#ahead.filter((id) => !isGone(id));
  }

  /** These are asked again, before all others. */
  back(ids) {
    this.held = [...ids, ...this.held.filter((id) => !ids.includes(id))];
  }

  async #ask() {
    const looked = this.#ahead.slice(0, LOOKED_AT);
    const count = this.#wanted - this.held.length;
    const { held, elsewhere } = await this.#claim(looked, count);
    const end = held.length < count ? looked.length : looked.indexOf(held.at(-1)) + 1;
    const passed = new Set(looked.slice(0, end));
    this.#ahead = this.#ahead.filter((id) => !passed.has(id));
    this.#elsewhere.push(...elsewhere.filter((id) => passed.has(id)));
    const known = new Set(this.held);
    this.held.push(...held.filter((id) => !known.has(id)));
  }

  #later() {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => {
      this.#ahead = [...this.#elsewhere, ...this.#ahead];
      this.#elsewhere = [];
      this.fill(this.#wanted).then(() => this.held.length === 0 && this.onChange());
    }, AGAIN_MS);
  }

  // What was taken back is this person's only once the server knows it.
  async #renew() {
    const ids = this.held.slice(0, LOOKED_AT);
    if (ids.length === 0 || this.busy()) return;
    try {
      const { held } = await this.#claim(ids, ids.length);
      const kept = new Set(held);
      const lost = new Set(ids.filter((id) => !kept.has(id)));
      this.held = this.held.filter((id) => !lost.has(id));
      if (lost.size > 0) this.onChange();
    } catch (error) {
      // The next round tries again; answers are kept even where the lease has run out.
      if (error.name !== "HttpError") throw error;
    }
  }

  #claim(ids, count) {
    return csrfFetch(`${this.api}/claims`, { json: { label_id: this.label, image_ids: ids, count } });
  }

  #release() {
    if (this.held.length === 0) return;
    const json = { label_id: this.label, image_ids: this.held.slice(0, LOOKED_AT) };
    csrfFetch(`${this.api}/release`, { json, keepalive: true }).catch(() => {
      // Leases that cannot be given back run out by themselves.
    });
  }
}
