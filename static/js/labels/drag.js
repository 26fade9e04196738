// Dragging a label by its grip to another place or group. By keyboard the buttons beside it and its form do the same.
import { behaviour } from "../behaviours.js";

let dragged = null;

function unmark() {
  for (const row of document.querySelectorAll(".label-row--before")) row.classList.remove("label-row--before");
  for (const group of document.querySelectorAll(".label-group--target")) group.classList.remove("label-group--target");
}

/** The row before which the pointer stands, or null for the end of the group. */
function rowAt(group, y) {
  const rows = [...group.querySelectorAll("[data-label-row]:not([hidden])")];
  return rows.find((row) => row !== dragged && y < middle(row)) ?? null;
}

function middle(row) {
  const { top, height } = row.getBoundingClientRect();
  return top + height / 2;
}

function place(group, before) {
  const form = document.getElementById("place-label");
  form.elements.label.value = dragged.dataset.labelRow;
  form.elements.group.value = group.dataset.labelGroup;
  form.elements.before.value = before?.dataset.labelRow ?? "";
  form.requestSubmit();
}

behaviour("[data-label-grip]", (grip) => {
  const row = grip.closest("[data-label-row]");
  // Only the grip drags, so that text in the row can still be marked.
  grip.addEventListener("pointerdown", () => {
    row.draggable = true;
  });
  row.addEventListener("dragstart", (event) => {
    dragged = row;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", row.dataset.labelRow);
    row.classList.add("label-row--dragged");
  });
  row.addEventListener("dragend", () => {
    row.draggable = false;
    row.classList.remove("label-row--dragged");
    unmark();
    dragged = null;
  });
});

behaviour("[data-label-group]", (group) => {
  group.addEventListener("dragover", (event) => {
    if (!dragged) return;
    event.preventDefault();
    unmark();
    group.classList.add("label-group--target");
    rowAt(group, event.clientY)?.classList.add("label-row--before");
  });
  group.addEventListener("drop", (event) => {
    if (!dragged) return;
    event.preventDefault();
    place(group, rowAt(group, event.clientY));
  });
});
