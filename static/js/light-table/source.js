// The images of the table: all their ids at once, packed, and what is known of those that are seen, fetched in pieces.
import { csrfFetch, HttpError } from "../http.js";
import { t } from "../strings.js";

export class Source {
  ids = new Uint32Array(0);
  /** Whether answers are under way: the server does not know them yet. */
  busy = false;
  #places = new Map();
  #known = new Map();
  #groups = new Map();
  #asked = new Set();
  // What is known may have changed since it was fetched; and how often this person has answered meanwhile.
  #stale = new Set();
  #said = 0;

  /** `label` is the one of which the model's probability is wanted, `limit` from where on the model says that it is there. */
  constructor({ api, query, chunk, images, label, limit }, onSeen) {
    Object.assign(this, { api, query, chunk, images, label, limit, onSeen });
  }

  get length() {
    return this.ids.length;
  }

  /** Let other images lie on the table from now on. */
  lay(ids) {
    this.ids = Uint32Array.from(ids);
    this.#places.clear();
  }

  /** Fetch the ids of all images in their order; gives why that is another order than was asked for, or "". */
  async open() {
    const response = await fetch(`${this.api}/images${this.query}`, { credentials: "same-origin" }).catch(() => {
      throw new HttpError(t("noAnswer"), 0);
    });
    if (response.status === 401) throw new HttpError(t("signInAgain"), 401);
    if (!response.ok) throw new HttpError(t("failed", { status: response.status }), response.status);
    this.ids = readIds(await response.arrayBuffer());
    return response.headers.get("X-Instead") ?? "";
  }

  /** Give what is known of an image, or undefined while that is still to come. */
  known(id) {
    return this.#known.get(id);
  }

  /** Find the place of an image. */
  placeOf(id) {
    if (this.#places.size !== this.ids.length)
      this.#places = new Map(Array.from(this.ids, (each, place) => [each, place]));
    return this.#places.get(id) ?? -1;
  }

  thumbnail(id) {
    return `${this.images}/${id}/thumbnail`;
  }

  page(id) {
    return `${this.images}/${id}`;
  }

  /** See to it that what is known of these images is there; resolves when it is, or could not be had. */
  async need(ids) {
    const isWanted = (id) => !this.#known.has(id) || (this.#stale.has(id) && !this.busy);
    const missing = [...ids].filter((id) => isWanted(id) && !this.#asked.has(id));
    const pieces = [];
    for (let start = 0; start < missing.length; start += this.chunk)
      pieces.push(missing.slice(start, start + this.chunk));
    await Promise.all(pieces.map((piece) => this.#fetch(piece)));
  }

  /** Have everything asked for anew when it is needed next; until then what was known stands. */
  renew() {
    this.#stale = new Set(this.#known.keys());
  }

  /** Tell whether any image seen so far has others that are nearly the same. */
  get hasGroups() {
    return this.#groups.size > 0;
  }

  /** Give the images seen so far that are nearly the same as this one, itself among them. */
  alike(id) {
    return [...(this.#groups.get(this.#known.get(id)?.group) ?? [])];
  }

  /** Tell what this person, or else all together, say of a label in an image: present, absent, unsure, disputed or "". */
  state(id, label) {
    const seen = this.#known.get(id);
    return seen?.own[label] ?? seen?.truth[label] ?? "";
  }

  /** Let this person's answer on a label be seen at once; without one it is as before. Gives the answer before. */
  say(id, label, answer) {
    this.#said += 1;
    const seen = this.#known.get(id);
    if (!seen) return undefined;
    const before = seen.own[label];
    if (answer) seen.own[label] = answer;
    else delete seen.own[label];
    return before;
  }

  async #fetch(ids) {
    for (const id of ids) this.#asked.add(id);
    const said = this.#said;
    try {
      const { images } = await csrfFetch(
        `${this.api}/seen?ids=${ids.join(",")}${this.label ? `&label=${this.label}` : ""}`,
      );
      for (const image of images) this.#keep(image, said);
      this.onSeen();
    } catch {
      // The images are there without what is known of them; whatever comes into sight next is asked for again.
    } finally {
      for (const id of ids) this.#asked.delete(id);
    }
  }

  #keep(image, said) {
    // What was fetched while this person answered may not have the answer yet: it is asked for once more later.
    if (said === this.#said && !this.busy) this.#stale.delete(image.id);
    else if (this.#known.has(image.id)) return;
    this.#known.set(image.id, image);
    if (!image.group) return;
    if (!this.#groups.has(image.group)) this.#groups.set(image.group, new Set());
    this.#groups.get(image.group).add(image.id);
  }
}

// Four bytes an id, the lowest first, whatever machine reads them.
function readIds(buffer) {
  const view = new DataView(buffer);
  const ids = new Uint32Array(buffer.byteLength / 4);
  for (let place = 0; place < ids.length; place += 1) ids[place] = view.getUint32(4 * place, true);
  return ids;
}
