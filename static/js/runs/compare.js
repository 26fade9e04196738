// The list of runs: exactly two finished ones can be compared, by the address /compare?runs=1,2.
import { behaviour } from "../behaviours.js";

behaviour("form[data-compare]", (form) => {
  const button = form.querySelector('button[type="submit"]');
  if (!button) return;
  const chosen = () => [...form.querySelectorAll('input[name="runs"]:checked')].map((box) => box.value);
  const update = () => {
    button.disabled = chosen().length !== 2;
  };
  form.addEventListener("change", update);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    // The older run first, so that what is shown is what the newer one changed.
    location.assign(`${form.action}?runs=${chosen().toReversed().join(",")}`);
  });
  update();
});
