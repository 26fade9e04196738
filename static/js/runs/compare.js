// The list of runs: two or more finished ones can be compared, by the address /compare?runs=1,2.
import { behaviour } from "../behaviours.js";

const FEWEST = 2;
// As many as services/run_tables.py takes.
const MOST = 8;

behaviour("form[data-compare]", (form) => {
  const button = form.querySelector('button[type="submit"]');
  if (!button) return;
  // The boxes stand in the table, outside the form they belong to.
  const chosen = () => [...form.elements].filter((box) => box.name === "runs" && box.checked).map((box) => box.value);
  const update = () => {
    const count = chosen().length;
    button.disabled = count < FEWEST || count > MOST;
  };
  document.addEventListener("change", update);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    // The oldest run first, so that what is shown is what the newer ones changed.
    const runs = chosen().sort((one, other) => one - other);
    location.assign(`${form.action}?runs=${runs.join(",")}`);
  });
  update();
});
