// The tiles, drawn by OpenSeadragon over the image that is shown already, and moved with it. They take no pointer and no
// key: whatever enlarges and moves the image goes on doing so.
import { placeOf } from "./place.js";

const OPTIONS = {
  // The simplest way to draw: no program for a graphics card has to be compiled before the first tile.
  drawer: "canvas",
  animationTime: 0,
  // The image beneath stands in for what has not come yet; coarser tiles would only delay the fine ones.
  immediateRender: true,
  maxTilesPerFrame: 12,
  imageLoaderLimit: 6,
  // It follows the image wherever that goes.
  visibilityRatio: 0,
  minZoomImageRatio: 0,
  maxZoomPixelRatio: Number.POSITIVE_INFINITY,
  showNavigationControl: false,
  mouseNavEnabled: false,
  keyboardNavEnabled: false,
  tabIndex: "",
};

export class Layer {
  /** `description` says how the tiles lie, `onFailed` is called when one cannot be had. */
  constructor(OpenSeadragon, ground, image, description, { onFailed }) {
    Object.assign(this, { OpenSeadragon, ground, image });
    this.element = document.createElement("div");
    this.element.className = "deep-zoom";
    this.element.setAttribute("aria-hidden", "true");
    image.after(this.element);
    this.viewer = OpenSeadragon({ ...OPTIONS, element: this.element, tileSources: sourceOf(description) });
    this.viewer.addHandler("open", () => this.#opened());
    this.viewer.addHandler("resize", () => this.follow());
    this.viewer.addHandler("tile-load-failed", onFailed);
    this.viewer.addHandler("tile-drawn", () => this.element.setAttribute("data-drawn", ""));
  }

  /** Lie as the image lies. */
  follow() {
    const { viewport } = this.viewer;
    if (!viewport || !this.viewer.isOpen()) return;
    const { x, y, width, degrees, filter } = placeOf(this.ground, this.image);
    this.element.style.setProperty("filter", filter);
    viewport.setRotation(degrees, true);
    viewport.zoomTo(width / this.ground.clientWidth, null, true);
    viewport.panTo(new this.OpenSeadragon.Point(x, y), true);
  }

  // "data-whole" says that everything in sight is there.
  #opened() {
    const tiles = this.viewer.world.getItemAt(0);
    tiles.addHandler("fully-loaded-change", ({ fullyLoaded }) => {
      this.element.toggleAttribute("data-whole", fullyLoaded);
    });
    this.follow();
  }

  /** Be seen, or not while the image beneath shows all that the screen can. */
  show(isShown) {
    this.element.toggleAttribute("data-idle", !isShown);
    if (isShown) this.follow();
  }

  end() {
    this.viewer.destroy();
    this.element.remove();
  }
}

function sourceOf({ width, height, tile, overlap, levels, address }) {
  return {
    width,
    height,
    tileSize: tile,
    tileOverlap: overlap,
    minLevel: 0,
    maxLevel: levels - 1,
    getTileUrl: (level, column, row) =>
      address.replace("{level}", level).replace("{column}", column).replace("{row}", row),
  };
}
