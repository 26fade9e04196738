// Tells readers who cannot see the page when a run begins something new, and not every second.
import { behaviour } from "../behaviours.js";

behaviour("[data-stage-said]", (said) => {
  const tell = () => {
    const stage = document.querySelector("[data-stage]")?.dataset.stage ?? "";
    if (said.textContent !== stage) said.textContent = stage;
  };
  document.addEventListener("htmx:after:swap", tell);
});
