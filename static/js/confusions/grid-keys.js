// In a table of labels by labels, Tab stops once, and the arrow keys move from number to number.
import { behaviour } from "../behaviours.js";

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

// What opens nothing is passed over.
function nextLink(link, [down, across]) {
  const cell = link.closest("td");
  const { rows } = cell.closest("tbody");
  let row = cell.parentElement.sectionRowIndex + down;
  let column = cell.cellIndex + across;
  while (rows[row]?.cells[column]) {
    const found = rows[row].cells[column].querySelector("a");
    if (found) return found;
    row += down;
    column += across;
  }
  return null;
}

behaviour("[data-grid-keys]", (table) => {
  const links = table.querySelectorAll("tbody a");
  let [current] = links;
  for (const link of links) link.tabIndex = link === current ? 0 : -1;
  table.addEventListener("focusin", ({ target }) => {
    if (!target.matches("tbody a")) return;
    current.tabIndex = -1;
    current = target;
    current.tabIndex = 0;
  });
  table.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey || !event.target.matches("tbody a")) return;
    event.preventDefault();
    nextLink(event.target, step)?.focus();
  });
});
