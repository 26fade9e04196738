// Brings the light table to life.
import { behaviour } from "../behaviours.js";
import { bindQuestions, bindShared, bindTable } from "./keys.js";
import { Questions } from "./questions.js";
import { Table } from "./table.js";

behaviour("[data-light-table]", (root) => {
  if (!root.querySelector("[data-view]")) return;
  const surface = "question" in root.dataset ? new Questions(root) : new Table(root);
  bindShared(surface);
  if (surface instanceof Questions) bindQuestions(surface);
  else bindTable(surface);
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    const tile = event.target.closest(".lt-tile");
    if (button) surface.act(button.dataset.act);
    if (!tile) return;
    const place = Number(tile.dataset.place);
    surface.grid.go(place);
    surface.touch(place, { shift: event.shiftKey });
  });
  root.addEventListener("dblclick", (event) => {
    if (event.target.closest(".lt-tile")) surface.act("look");
  });
});
