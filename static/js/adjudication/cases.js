// The images to be settled, fetched and their pictures decoded ahead of time, and kept from other reviewers meanwhile.
import { csrfFetch } from "../http.js";

const AHEAD = 3;
// As many as the server takes in one request.
const HELD_MOST = 50;

export class Cases {
  #ready = [];
  #loading = null;
  #last = 0;
  #isEnd = false;
  // On its way to the screen, and not there yet when the next ones are asked for.
  #handedOut = [];

  /** `shown` gives the image on the screen, `unwanted` those not to be given again now. */
  constructor({ api, all, leaseSeconds, shown, unwanted, onStanding }) {
    Object.assign(this, { api, all, shown, unwanted, onStanding });
    // A lease is renewed well before it ends.
    setInterval(() => this.#renew(), (leaseSeconds * 1000) / 3);
    addEventListener("pagehide", () => this.release(this.#held));
  }

  /** Give the next image, ready to be shown, or null where none is left; `image` asks for a certain one. */
  async next(image = null) {
    if (image !== null) return await this.#fetch(image);
    if (this.#ready.length === 0) await this.#fill();
    return this.ready();
  }

  /** Give the next image if it is here at this moment. */
  ready() {
    const found = this.#ready.shift() ?? null;
    this.#handedOut = found ? [idOf(found)] : [];
    this.#fill();
    return found;
  }

  /** Put an image in front of all others. */
  putBack(element) {
    this.#ready.unshift(element);
    this.#isEnd = false;
  }

  /** Something has changed on the server: what was the end may be none. */
  reopen() {
    this.#isEnd = false;
    this.#fill();
  }

  #fill() {
    if (this.#isEnd || this.#ready.length >= AHEAD) return this.#loading;
    this.#loading ??= this.#ask(AHEAD).finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #ask(count) {
    const drawn = await this.#answer({ count });
    this.#isEnd = drawn.length === 0;
    this.#ready.push(...drawn);
  }

  async #fetch(image) {
    const [first, ...rest] = await this.#answer({ count: 1, image });
    this.#ready.push(...rest);
    // What others have settled meanwhile needs nobody any more.
    return first?.querySelector("[data-dispute]") ? first : await this.next();
  }

  async #answer({ count, image = null }) {
    const held = [...new Set([...this.unwanted(), ...this.#held])].slice(-HELD_MOST);
    const body = { count, held, image, after: this.#last, all_differing: this.all };
    const { cases, standing } = await csrfFetch(`${this.api}/next`, { json: body });
    this.onStanding(standing);
    if (cases.length > 0) this.#last = cases.at(-1).id;
    return await Promise.all(cases.map(({ html }) => draw(html)));
  }

  get #held() {
    return [...new Set([...this.shown(), ...this.#handedOut, ...this.#ready.map(idOf)])];
  }

  #renew() {
    // A lease that could not be renewed is noticed at the latest when the decision is sent.
    if (this.#held.length > 0) csrfFetch(`${this.api}/renew`, { json: { image_ids: this.#held } }).catch(() => {});
  }

  /** Give images to the other reviewers. */
  release(image_ids) {
    // What does not arrive ends by itself.
    if (image_ids.length > 0)
      csrfFetch(`${this.api}/release`, { json: { image_ids }, keepalive: true }).catch(() => {});
  }
}

/** The image that an element shows. */
export function idOf(element) {
  return Number(element.dataset.image);
}

async function draw(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const element = document.importNode(page.querySelector("[data-case]"), true);
  // A picture that cannot be shown is no reason to hide the opinions.
  await element
    .querySelector("[data-picture]")
    .decode()
    .catch(() => {});
  return element;
}
