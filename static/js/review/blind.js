// Blind mode: the reviewer answers before truth and probability are shown. The server then leaves them out of the page.
import { t } from "../strings.js";
import { toast } from "../toast.js";

const YEAR_SECONDS = 31_536_000;

export class Blind {
  constructor(review, { account, isOn }) {
    Object.assign(this, { review, isOn });
    this.cookie = `loupe_blind_${account}`;
    this.button = review.root.querySelector("[data-blind-toggle]");
    review.display.places.base = this.#address();
    // "?" is the help everywhere else: here it is heard before that, and only while an answer is wanted.
    addEventListener("keydown", (event) => this.#unsure(event), { capture: true });
  }

  /** Switch it on or off, for this person in this browser, and show the place in the other way. */
  toggle() {
    this.isOn = !this.isOn;
    // biome-ignore lint/suspicious/noDocumentCookie: the server reads it before the first page is drawn; nothing secret is in it
    document.cookie = `${this.cookie}=${Number(this.isOn)}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
    this.button.setAttribute("aria-pressed", String(this.isOn));
    toast(t(this.isOn ? "blindOn" : "blindOff"), "info");
    const { display } = this.review;
    display.places.restart(this.#address());
    display.show(display.position);
  }

  /** Keep what the reviewer sees in the image, and show what people and the model said. */
  answer(value) {
    const { display, place } = this.review;
    if (!display.busy && place.querySelector("[data-blind-answer]")) display.reveal(value);
  }

  #address() {
    return `${this.review.root.dataset.base}&blind=${Number(this.isOn)}`;
  }

  #unsure(event) {
    if (event.key !== "?" || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input, select, textarea") || document.querySelector("dialog:modal")) return;
    if (!this.review.place.querySelector('[data-blind-answer="unsure"]')) return;
    event.preventDefault();
    event.stopPropagation();
    this.answer("unsure");
  }
}
