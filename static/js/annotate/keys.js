// Keys of the desk that buttons cannot declare: label keys with Shift, Enter where something else has the focus, arrows.
import { enabled, register } from "../shortcuts.js";
import { t } from "../strings.js";

const ARROWS = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] };
const MAY_REPEAT = new Set(["+", "-", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]);

/** Bind the keys: `labels` knows whose key is whose, `act` carries the desk's actions out by name. */
export function bindKeys({ labels, zoom, act }) {
  // Heard before the general shortcuts, which look at the key alone.
  addEventListener("keydown", (event) => before(event, { labels, act }), { capture: true });
  register({
    key: "ctrl+z",
    shown: "Ctrl Z",
    get description() {
      return t("keyUndo");
    },
    run: () => act("undo"),
  });
  for (const [name, [across, down]] of Object.entries(ARROWS)) {
    register({
      key: name,
      shown: { left: "←", right: "→", up: "↑", down: "↓" }[name],
      get description() {
        return t({ left: "keyBack", right: "keyForward" }[name] ?? "keyMove");
      },
      run: () => arrow(name, across, down, { zoom, act }),
    });
  }
  register({
    key: "desk-unsure",
    shown: "⇧",
    get description() {
      return t("keyUnsure");
    },
    run: () => {},
  });
}

function arrow(name, across, down, { zoom, act }) {
  if (zoom.isZoomed) zoom.nudge(across, down);
  else if (name === "left") act("back");
  else if (name === "right") act("forward");
}

function before(event, { labels, act }) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest?.("input, select, textarea, [contenteditable]")) return;
  if (document.querySelector("dialog:modal")) return;
  if (event.key === "Enter" || event.key === " ") {
    confirm(event, act);
    return;
  }
  if (!enabled()) return;
  // A key held down must not answer image after image.
  if (event.repeat && !MAY_REPEAT.has(event.key)) {
    take(event);
    return;
  }
  if (event.key === "=") {
    take(event);
    act("zoom-in");
    return;
  }
  const found = labelOf(event, labels);
  if (!found) return;
  take(event);
  labels.toggle(found.id, found.value);
}

// Enter and Space press the button that has the focus, and submit from anywhere else.
function confirm(event, act) {
  if (event.target.closest?.("a, button, summary, [popover]")) {
    event.stopPropagation();
    if (event.repeat) event.preventDefault();
    return;
  }
  if (!enabled()) return;
  take(event);
  if (!event.repeat) act("submit");
}

// Some keyboards make digits with Shift, others make signs of them with it. The place of the key tells the digit, so that
// everywhere the key alone means present, and with Shift not sure.
function labelOf(event, labels) {
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
  const id = labels.byKey(event.key.toLowerCase()) ?? (digit ? labels.byKey(digit) : null);
  if (id === null) return null;
  return { id, value: event.shiftKey ? "unsure" : "present" };
}

function take(event) {
  event.preventDefault();
  event.stopPropagation();
}
