// Fetches and decodes the next images ahead of time, so that each is there before it is asked for.

export class Preloader {
  #kept = new Map();

  /** Hold these images ready, and let go of all others. */
  want(items) {
    const wanted = new Set(items.map((item) => item.id));
    for (const id of this.#kept.keys()) if (!wanted.has(id)) this.#kept.delete(id);
    for (const item of items) this.picture(item);
  }

  /** Give the picture of an image: its element, and a promise of whether it can be shown. */
  picture(item) {
    const known = this.#kept.get(item.id);
    if (known) return known;
    const element = new Image();
    element.decoding = "sync";
    element.draggable = false;
    element.src = item.screen;
    // What a close look needs to know; see viewer/deep-zoom.js.
    Object.assign(element.dataset, { tiles: `${item.page}/tiles`, fullWidth: item.width });
    const picture = { element, isReady: false, ready: null };
    picture.ready = element.decode().then(
      () => {
        picture.isReady = true;
        return true;
      },
      () => {
        // A failed fetch may have been the network's: the next look fetches it again.
        this.#kept.delete(item.id);
        return false;
      },
    );
    this.#kept.set(item.id, picture);
    return picture;
  }
}
