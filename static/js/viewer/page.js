// One image to look at closely on a page that scrolls: buttons, keys, wheel and fingers enlarge it where it stands.
import { Zoom } from "../annotate/zoom.js";
import { behaviour } from "../behaviours.js";
import { enabled } from "../shortcuts.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

behaviour("[data-viewer]", (root) => {
  const ground = root.querySelector("[data-deep-zoom]");
  // Heard before the zoom's own: the wheel scrolls the page until the image is enlarged, or Ctrl says that it is meant.
  ground.addEventListener("wheel", (event) => zoom.isZoomed || event.ctrlKey || event.stopImmediatePropagation(), {
    capture: true,
  });
  const zoom = new Zoom(ground);
  const acts = { in: () => zoom.in(), out: () => zoom.out(), fit: () => zoom.fit(), true: () => zoom.toggle() };
  root.addEventListener("click", (event) => acts[event.target.closest("[data-zoom]")?.dataset.zoom]?.());
  // While the image is enlarged the arrows move about in it; else they lead to the next image, as the page says.
  const move = (event) => {
    const way = ARROWS[event.key];
    if (!way || !zoom.isZoomed || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest?.("input, select, textarea, [contenteditable], dialog, [popover]")) return;
    if (!enabled() && !root.contains(event.target)) return;
    event.preventDefault();
    zoom.nudge(...way);
  };
  addEventListener("keydown", move, { capture: true });
});
