// The look of poor scans: turned, inverted, with more contrast. It is kept for each image while the page lives.
import { t } from "../strings.js";

// The image as it is, somewhat harder, and as hard as pencil on yellowed paper needs it.
const CONTRASTS = [1, 1.6, 2.6];
const AS_IT_IS = { turned: 0, inverted: false, contrast: 0 };

export class Picture {
  #looks = new Map();
  #id = null;

  /** `root` holds the buttons, `zoom` turns the image, `announce` says what was done. */
  constructor(root, { ground, zoom, announce }) {
    Object.assign(this, { root, ground, zoom, announce });
  }

  /** Show an image as it was last looked at. */
  show({ id }) {
    this.#id = id;
    this.#apply();
  }

  rotate() {
    this.#change({ turned: (this.#look.turned + 90) % 360 });
    this.announce(t("turned", { degrees: this.#look.turned }));
  }

  invert() {
    this.#change({ inverted: !this.#look.inverted });
    this.announce(t(this.#look.inverted ? "inverted" : "notInverted"));
  }

  contrast() {
    this.#change({ contrast: (this.#look.contrast + 1) % CONTRASTS.length });
    this.announce(t("contrast", { step: this.#look.contrast }));
  }

  /** Show the image as it is again, and whole. */
  reset() {
    this.#looks.delete(this.#id);
    this.#apply();
    this.announce(t("asItIs"));
  }

  get #look() {
    return this.#looks.get(this.#id) ?? AS_IT_IS;
  }

  #change(what) {
    if (this.#id === null) return;
    this.#looks.set(this.#id, { ...this.#look, ...what });
    this.#apply();
  }

  #apply() {
    const { turned, inverted, contrast } = this.#look;
    this.ground.toggleAttribute("data-altered", inverted || contrast > 0);
    this.ground.style.setProperty("--inverted", inverted ? "1" : "0");
    this.ground.style.setProperty("--contrast", String(CONTRASTS[contrast]));
    this.zoom.turn(turned);
    for (const [name, on] of Object.entries({ rotate: turned > 0, invert: inverted, contrast: contrast > 0 })) {
      this.root.querySelector(`[data-act="${name}"]`).setAttribute("aria-pressed", String(on));
    }
    this.root.querySelector('[data-act="as-it-is"]').disabled = !(turned || inverted || contrast);
  }
}
