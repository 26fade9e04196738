// Brings the grid to life: clicks, and the keys that "?" lists.
import { behaviour } from "../behaviours.js";
import { register } from "../shortcuts.js";
import { t } from "../strings.js";
import { Grid } from "./grid.js";

const ARROWS = [
  ["left", -1, 0, "←"],
  ["right", 1, 0, "→"],
  ["up", 0, -1, "↑"],
  ["down", 0, 1, "↓"],
];

function once(act) {
  return (event) => event.repeat || act();
}

function bindKeys(grid) {
  const { tiles } = grid;
  const mark = (state) => once(() => tiles.set(tiles.focused, state));
  const keys = [
    ["space", "keyTake", () => tiles.move(0, 0), "␣"],
    ["x", "keyLabelError", mark("label_error")],
    ["m", "keyRight", mark("model_error")],
    ["e", "keyExclude", mark("exclude")],
    ["o", "keyOpen", mark("open")],
    ["t", "keyAll", once(() => tiles.turn())],
    ["l", "keyLook", once(() => grid.look())],
    ["u", "keyUndo", once(() => grid.undo())],
    ["ctrl+enter", "keyConfirmPage", once(() => grid.confirm()), "Ctrl Enter"],
  ];
  for (const [key, name, run, shown] of keys) register({ key, shown, description: t(name), run });
  for (const [key, across, down, shown] of ARROWS) {
    register({ key, shown, description: t("keyMove"), run: () => tiles.move(across, down) });
  }
}

function click(grid, event) {
  const target = event.target.closest("[data-tile-button], [data-turn], [data-undo], [data-confirm-page]");
  if (!target) return;
  if ("tileButton" in target.dataset) grid.tiles.toggle(target.closest("[data-tile]"));
  else if ("turn" in target.dataset) grid.tiles.turn();
  else if ("undo" in target.dataset) grid.undo();
  else grid.confirm();
}

behaviour("[data-review-grid]", (root) => {
  const grid = new Grid(root);
  root.addEventListener("click", (event) => click(grid, event));
  root.querySelector("[data-mode]").addEventListener("change", (event) => grid.tiles.mean(event.target.value));
  bindKeys(grid);
});
