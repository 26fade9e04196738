// Looking closely: wheel, pinch, drag, double click and keys enlarge and move the image within its ground.

const STEP = 1.4;
// Twelve times as large as fitted, and for large scans further, until each of their pixels can be told.
const LARGEST = 12;
const BEYOND_TRUE = 3;
const NUDGE = 0.15;

export class Zoom {
  #scale = 1;
  #x = 0;
  #y = 0;
  #turned = 0;
  #fingers = new Map();

  constructor(ground) {
    this.ground = ground;
    ground.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    ground.addEventListener("dblclick", (event) => this.toggle(this.#at(event)));
    ground.addEventListener("pointerdown", (event) => this.#down(event));
    ground.addEventListener("pointermove", (event) => this.#move(event));
    for (const type of ["pointerup", "pointercancel"]) {
      ground.addEventListener(type, (event) => this.#fingers.delete(event.pointerId));
    }
    addEventListener("resize", () => this.#draw());
  }

  get isZoomed() {
    return this.#scale > 1;
  }

  /** Show the whole image. */
  fit() {
    [this.#scale, this.#x, this.#y] = [1, 0, 0];
    this.#fingers.clear();
    this.#draw();
  }

  /** Show the whole image, turned by 0, 90, 180 or 270 degrees. */
  turn(degrees) {
    this.#turned = degrees;
    this.ground.toggleAttribute("data-sideways", degrees % 180 !== 0);
    this.fit();
  }

  in() {
    this.#to(this.#scale * STEP);
  }

  out() {
    this.#to(this.#scale / STEP);
  }

  /** True size (at least twice as large), or back to the whole image. */
  toggle(point = { x: 0, y: 0 }) {
    if (this.isZoomed) this.fit();
    else this.#to(Math.max(2, this.#trueScale()), point);
  }

  /** Move about the enlarged image by a share of the ground. */
  nudge(across, down) {
    this.#x -= across * NUDGE * this.ground.clientWidth;
    this.#y -= down * NUDGE * this.ground.clientHeight;
    this.#draw();
  }

  get #image() {
    return this.ground.querySelector("img");
  }

  // The image as it is fitted, before enlarging.
  #fitted() {
    const { naturalWidth: width, naturalHeight: height, offsetWidth, offsetHeight } = this.#image;
    const share = Math.min(offsetWidth / width, offsetHeight / height);
    return { width: width * share, height: height * share };
  }

  // A large scan has more pixels than the version of it that is shown at first.
  #trueScale() {
    if (!this.#image?.naturalWidth) return 1;
    const { naturalWidth, dataset } = this.#image;
    return (Number(dataset.fullWidth) || naturalWidth) / this.#fitted().width / devicePixelRatio;
  }

  #at(event) {
    const box = this.ground.getBoundingClientRect();
    return { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2 };
  }

  // Enlarge so that the point (from the middle of the ground) stays under the pointer.
  #to(scale, point = { x: 0, y: 0 }) {
    const next = Math.min(Math.max(scale, 1), Math.max(LARGEST, BEYOND_TRUE * this.#trueScale()));
    const grown = next / this.#scale;
    this.#x = point.x - (point.x - this.#x) * grown;
    this.#y = point.y - (point.y - this.#y) * grown;
    this.#scale = next;
    this.#draw();
  }

  #draw() {
    const image = this.#image;
    if (!image?.naturalWidth) return;
    const fitted = this.#fitted();
    const [width, height] = this.#turned % 180 ? [fitted.height, fitted.width] : [fitted.width, fitted.height];
    // The image's edge never comes further in than the edge of the ground.
    const roomX = Math.max(0, (width * this.#scale - this.ground.clientWidth) / 2);
    const roomY = Math.max(0, (height * this.#scale - this.ground.clientHeight) / 2);
    this.#x = Math.min(Math.max(this.#x, -roomX), roomX);
    this.#y = Math.min(Math.max(this.#y, -roomY), roomY);
    const parts = [`translate(${this.#x}px, ${this.#y}px)`, `rotate(${this.#turned}deg)`, `scale(${this.#scale})`];
    image.style.setProperty("transform", parts.join(" "));
    this.ground.toggleAttribute("data-zoomed", this.isZoomed);
  }

  #wheel(event) {
    if (!this.#image) return;
    event.preventDefault();
    // A wheel's notch is about 100 px in every browser; a touchpad sends many small ones.
    this.#to(this.#scale * 1.0025 ** -event.deltaY, this.#at(event));
  }

  #down(event) {
    if (event.button !== 0 || !this.#image) return;
    this.ground.setPointerCapture(event.pointerId);
    this.#fingers.set(event.pointerId, this.#at(event));
  }

  #move(event) {
    const before = this.#fingers.get(event.pointerId);
    if (!before) return;
    const here = this.#at(event);
    const other = [...this.#fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const grown = Math.hypot(here.x - other.x, here.y - other.y) / Math.hypot(before.x - other.x, before.y - other.y);
      this.#to(this.#scale * grown, { x: (here.x + other.x) / 2, y: (here.y + other.y) / 2 });
    } else if (this.isZoomed) {
      this.#x += here.x - before.x;
      this.#y += here.y - before.y;
      this.#draw();
    }
    this.#fingers.set(event.pointerId, here);
  }
}
