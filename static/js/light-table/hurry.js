// Tells a search for a place from looking: pictures that nobody can see wait, so that scrolling stays smooth.

// Screens a second at which nothing can be made out any more.
const BLUR = 2;
// A frame that took so long came late: this machine cannot bring pictures in as fast as they pass by.
const LATE_MS = 40;
// After so long without a scroll the view is at rest.
const REST_MS = 90;

export class Hurry {
  #top = 0;
  #at = 0;
  #isLate = false;
  #rest = 0;

  constructor(onRest) {
    this.onRest = onRest;
  }

  /** Whether pictures shall wait, where the view stands now and how high it is. */
  passes(top, height) {
    const now = performance.now();
    const screens = Math.abs(top - this.#top) / Math.max(1, height);
    const passed = now - this.#at;
    this.#top = top;
    this.#at = now;
    const isBlurred = (1000 * screens) / Math.max(1, passed) > BLUR;
    // Once late it stays so until the view rests: without the pictures the next frame would be in time again.
    this.#isLate = screens > 0 && (this.#isLate || (isBlurred && passed > LATE_MS));
    return screens > 1 || (isBlurred && this.#isLate);
  }

  /** Tell when the view has come to rest, if anything waits for that. */
  awaitRest(isWaiting) {
    clearTimeout(this.#rest);
    if (isWaiting) this.#rest = setTimeout(this.onRest, REST_MS);
  }
}
