// <form data-choose-many>: all boxes at once, a range with the shift key, and how many are chosen.
import { behaviour } from "./behaviours.js";
import { number } from "./numbers.js";

behaviour("form[data-choose-many]", (form) => {
  const all = form.querySelector("[data-choose-all]");
  const told = form.querySelector("[data-chosen]");
  const boxes = () => [...form.querySelectorAll("input[type=checkbox]:not([data-choose-all])")];
  const actions = form.querySelectorAll("button[type=submit]");
  let last = null;

  const tell = () => {
    const every = boxes();
    const count = every.filter((box) => box.checked).length;
    told.textContent = count ? told.dataset.some.replace("%(count)s", number(count)) : told.dataset.none;
    all.checked = count === every.length;
    all.indeterminate = count > 0 && count < every.length;
    for (const action of actions) action.disabled = count === 0;
  };

  form.addEventListener("click", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || box.type !== "checkbox") return;
    const every = boxes();
    if (box === all) {
      for (const each of every) each.checked = all.checked;
    } else if (event.shiftKey && last !== null) {
      const [from, to] = [every.indexOf(last), every.indexOf(box)].sort((a, b) => a - b);
      for (const each of every.slice(from, to + 1)) each.checked = box.checked;
    }
    if (box !== all) last = box;
    tell();
  });

  form.querySelector("[data-choose-all-label]").hidden = false;
  tell();
});
