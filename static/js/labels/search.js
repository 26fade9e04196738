// Typing narrows the list of labels to those that have the text in name, key or definition.
import { behaviour } from "../behaviours.js";

function told(sentence, values) {
  return sentence.replace(/%\((\w+)\)s/g, (_match, name) => values[name]);
}

function narrow(search) {
  const wanted = search.value.trim().toLowerCase();
  const rows = [...document.querySelectorAll("[data-label-row]")];
  let shown = 0;
  for (const row of rows) {
    const key = row.querySelector("kbd")?.textContent.trim().toLowerCase() ?? "";
    const found = !wanted || key === wanted || text(row).includes(wanted) || row.querySelector("form.form");
    row.hidden = !found;
    if (found) shown += 1;
  }
  for (const group of document.querySelectorAll("[data-label-group]")) {
    group.hidden = Boolean(wanted) && !group.querySelector("[data-label-row]:not([hidden])");
  }
  const said = document.querySelector("[data-label-found]");
  const { none, some } = search.dataset;
  said.textContent = wanted ? told(shown ? some : none, { count: shown, total: rows.length }) : "";
}

function text(row) {
  const parts = row.querySelectorAll(".label-row__name a, .label-row__definition");
  return [...parts]
    .map((part) => part.textContent)
    .join(" ")
    .toLowerCase();
}

behaviour("[data-label-search]", (search) => {
  search.addEventListener("input", () => narrow(search));
});

// The list is replaced after every change; what was searched for still holds.
behaviour("[data-label-list]", () => {
  const search = document.querySelector("[data-label-search]");
  if (search?.value) narrow(search);
});
