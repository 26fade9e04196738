// The report of a run: printed with everything unfolded, its chart saved from the menu.
import { behaviour } from "../behaviours.js";

const opened = [];

addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details:not([open])")) {
    fold.open = true;
    opened.push(fold);
  }
});

addEventListener("afterprint", () => {
  for (const fold of opened.splice(0)) fold.open = false;
});

behaviour("[data-report-print]", (button) => button.addEventListener("click", () => print()));

behaviour("[data-report-chart]", (item) => {
  item.addEventListener("click", () => {
    const figure = document.getElementById(item.dataset.reportChart);
    const save = figure?.querySelector('[data-chart-save="svg"]');
    // A chart that is not drawn yet is brought into view, where its own buttons stand.
    if (!save || save.disabled) figure?.scrollIntoView();
    else save.click();
    item.closest("[popover]")?.hidePopover();
  });
});
