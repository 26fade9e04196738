// A frame drawn with the mouse selects what it touches.
const LEAST_PX = 6;

function stop(event) {
  event.stopPropagation();
}

/** Bind the frame: `begin()` gives what is selected before, `cover(before, left, top, right, bottom)` selects. */
export function bindFrame(view, { begin, cover }) {
  let from = null;
  let before = null;
  view.addEventListener("pointerdown", (event) => {
    // A finger scrolls, and Shift draws a range.
    if (event.pointerType !== "mouse" || event.button !== 0 || event.shiftKey) return;
    const frame = view.getBoundingClientRect();
    // The scroll bar is not a place to draw from.
    if (event.clientX > frame.left + view.clientWidth) return;
    from = { x: event.clientX, y: event.clientY + view.scrollTop };
    before = null;
  });
  view.addEventListener("pointermove", (event) => {
    if (!from) return;
    const to = { x: event.clientX, y: event.clientY + view.scrollTop };
    if (!before && Math.hypot(to.x - from.x, to.y - from.y) < LEAST_PX) return;
    if (!before) {
      before = begin();
      view.setPointerCapture(event.pointerId);
    }
    const [top, bottom] = [Math.min(from.y, to.y) - view.scrollTop, Math.max(from.y, to.y) - view.scrollTop];
    cover(before, Math.min(from.x, to.x), top, Math.max(from.x, to.x), bottom);
  });
  const end = () => {
    // The click that follows a frame is none; where none follows, the next one counts.
    if (before) {
      addEventListener("click", stop, { capture: true, once: true });
      setTimeout(() => removeEventListener("click", stop, { capture: true }));
    }
    from = null;
    before = null;
  };
  view.addEventListener("pointerup", end);
  view.addEventListener("pointercancel", end);
}
