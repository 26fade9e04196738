// The keys of the light table, those that "?" lists.
import { enabled, register } from "../shortcuts.js";
import { t } from "../strings.js";

const ARROWS = [
  ["left", -1, 0, "←"],
  ["right", 1, 0, "→"],
  ["up", 0, -1, "↑"],
  ["down", 0, 1, "↓"],
];

/** Bind the keys that the free table and the questions share. */
export function bindShared(surface) {
  const { grid } = surface;
  const act = (name) => (event) => event.repeat || surface.act(name);
  const add = (key, name, run, shown) => register({ key, shown, description: t(name), run });
  for (const [key, across, down, shown] of ARROWS) add(key, "keyMove", () => surface.move(across, down), shown);
  add("home", "keyEnds", () => grid.go(0), "Home");
  add("end", "keyEnds", () => grid.go(surface.count - 1), "End");
  add("u", "keyUndo", act("undo"), "U");
  add("ctrl+z", "keyUndo", () => surface.act("undo"), "Ctrl Z");
  add("z", "keyLook", act("look"), "Z");
  add(".", "keyLike", act("like"), ".");
  add("+", "keySize", () => surface.act("larger"), "+");
  add("-", "keySize", () => surface.act("smaller"), "-");
}

/** Bind the keys of the free table. */
export function bindTable(table) {
  const { grid, selection } = table;
  const add = (key, name, run, shown) => register({ key, shown, description: t(name), run });
  for (const [key, across, down, shown] of ARROWS) {
    add(`shift+${key}`, "keyRange", () => table.move(across, down, true), `⇧ ${shown}`);
  }
  add("space", "keySelect", ({ shiftKey: shift }) => table.touch(grid.active, { shift }), "␣");
  add("ctrl+a", "keyAll", () => selection.all(), "Ctrl A");
  add("escape", "keyNone", () => selection.clear(), "Esc");
  add("enter", "keyTag", (event) => event.repeat || table.tag("present"), "Enter");
  add("delete", "keyTakeAway", (event) => event.repeat || table.tag("absent"), "Delete");
  add("r", "keyRedo", (event) => event.repeat || table.act("redo"), "R");
  add("ctrl+y", "keyRedo", () => table.act("redo"), "Ctrl Y");
  for (const label of table.labels.filter((each) => each.key)) {
    // Heard before, with the place of the key; here it stands for the list.
    register({
      key: label.key,
      shown: label.key.toUpperCase(),
      description: t("keyLabel", { label: label.name }),
      run: () => {},
    });
  }
  register({ key: "table-unsure", shown: "⇧", description: t("keyUnsure"), run: () => {} });
  // Before the general shortcuts, which look at the key alone.
  addEventListener("keydown", (event) => tagBy(event, table), { capture: true });
}

/** Bind the keys of a question. */
export function bindQuestions(questions) {
  const { grid } = questions;
  const add = (key, name, run, shown) => register({ key, shown, description: t(name), run });
  add("space", "keyTouch", ({ shiftKey: shift }) => questions.touch(grid.active, { shift }), "␣");
  register({ key: "table-unsure", shown: "⇧ ␣", description: t("keyUnsureHere"), run: () => {} });
  add("enter", "keyConfirmPage", (event) => event.repeat || questions.confirm(), "Enter");
  add("r", "keyRedo", (event) => event.repeat || questions.act("redo"), "R");
}

// As at the desk: the key alone means present, with Shift not sure. Where Shift makes signs of digits, the place of the
// key tells the digit.
function tagBy(event, table) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !enabled()) return;
  if (event.target.closest?.("input, select, textarea, [contenteditable]")) return;
  if (document.querySelector("dialog:modal")) return;
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
  const byKey = (key) => table.labels.find((each) => each.key && each.key === key);
  const label = byKey(event.key.toLowerCase()) ?? byKey(digit);
  if (!label) return;
  event.preventDefault();
  event.stopPropagation();
  if (!event.repeat) table.tag(event.shiftKey ? "unsure" : null, label);
}
