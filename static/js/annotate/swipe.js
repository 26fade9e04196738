// Next and back by a sweep of one finger over the whole image; the buttons do the same.

// Long enough not to be a tap that slipped, and so much more across than down that it is meant.
const LEAST = 64;
const STRAIGHT = 2;
const LONGEST_MS = 700;

/** Hear sweeps over the ground: `next` and `back` are called unless the image is enlarged. */
export function hearSweeps(ground, { isZoomed, next, back }) {
  const fingers = new Map();
  let many = false;

  ground.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY, at: event.timeStamp });
    many = many || fingers.size > 1 || isZoomed();
  });
  ground.addEventListener("pointercancel", (event) => lift(event));
  ground.addEventListener("pointerup", (event) => {
    const start = lift(event);
    if (!start || start.many || event.timeStamp - start.at > LONGEST_MS) return;
    const [across, down] = [event.clientX - start.x, event.clientY - start.y];
    if (Math.abs(across) < LEAST || Math.abs(across) < STRAIGHT * Math.abs(down)) return;
    if (across < 0) next();
    else back();
  });

  function lift({ pointerId }) {
    const start = fingers.get(pointerId);
    fingers.delete(pointerId);
    const lifted = start && { ...start, many };
    if (fingers.size === 0) many = false;
    return lifted;
  }
}
