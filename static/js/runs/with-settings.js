// A link that takes along what the form of settings says now: the settings that are not as usual, as query parameters.
import { behaviour } from "../behaviours.js";

behaviour("a[data-with-settings]", (link) => {
  const form = document.querySelector("form[data-recipe-form]");
  if (!form) return;
  const address = new URL(link.href);
  const take = () => {
    const changed = new Set();
    for (const setting of form.querySelectorAll("[data-setting]"))
      if (!setting.querySelector("[data-setting-changed]").hidden) changed.add(setting.dataset.setting);
    const settings = [...new FormData(form)].filter(([name]) => changed.has(name));
    link.href = `${address.pathname}?${new URLSearchParams(settings)}`;
  };
  // Whatever opens it, by key, by mouse or in a new window, comes through one of these first.
  for (const moment of ["focus", "pointerenter", "pointerdown"]) link.addEventListener(moment, take);
});
