// Keys of the desk that buttons cannot declare: label keys with Shift, Enter where something else has the focus, arrows.
import { enabled, register } from "../shortcuts.js";
import { t } from "../strings.js";

const ARROWS = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] };
const MAY_REPEAT = new Set(["+", "-", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]);

// Keys beside those on the buttons: the first one that an action has is written on its button.
const MORE = [
  { key: "ctrl+z", shown: "Ctrl Z", says: "keyUndo", name: "undo" },
  { key: "ctrl+shift+z", shown: "Ctrl ⇧ Z", says: "keyRedo", name: "redo" },
  { key: "ctrl+y", shown: "Ctrl Y", says: "keyRedo", name: "redo" },
  { key: "/", shown: "/", says: "keyFind", name: "find" },
  { key: ",", shown: ",", says: "keyFind", name: "find" },
];

/** Bind the keys: `labels` knows whose key is whose, `act` carries the desk's actions out by name. */
export function bindKeys({ root, labels, zoom, act }) {
  // Heard before the general shortcuts, which look at the key alone.
  addEventListener("keydown", (event) => before(event, { labels, act }), { capture: true });
  yieldToLabels(root, labels);
  for (const { key, shown, says, name } of MORE) add(key, shown, says, () => act(name));
  const signs = { left: "←", right: "→", up: "↑", down: "↓" };
  const meanings = { left: "keyBack", right: "keyForward" };
  for (const [name, [across, down]] of Object.entries(ARROWS)) {
    add(name, signs[name], meanings[name] ?? "keyMove", () => arrow(name, across, down, { zoom, act }));
  }
  add("desk-unsure", "⇧", "keyUnsure", () => {});
}

function add(key, shown, says, run) {
  register({
    key,
    shown,
    get description() {
      return t(says);
    },
    run,
  });
}

// A label that had its key before the desk had that action keeps it; the action is then a button without a key.
function yieldToLabels(root, labels) {
  for (const button of root.querySelectorAll("[data-act][data-shortcut]")) {
    if (labels.byKey(button.dataset.shortcut) === null) continue;
    button.removeAttribute("data-shortcut");
    button.removeAttribute("aria-keyshortcuts");
    button.title = button.ariaLabel ?? "";
  }
}

function arrow(name, across, down, { zoom, act }) {
  if (zoom.isZoomed) zoom.nudge(across, down);
  else if (name === "left") act("back");
  else if (name === "right") act("forward");
}

function before(event, { labels, act }) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest?.("input, select, textarea, [contenteditable], [popover]")) return;
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
  if (event.target.closest?.("a, button, summary")) {
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
