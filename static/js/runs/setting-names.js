// A setting that takes several names: a button for each that is known puts it into the list, or takes it out.

/** Show the buttons of a setting, if it has some, pressed where their names are in the list. */
export function startNames(setting) {
  const buttons = setting.querySelector("[data-setting-names]");
  if (!buttons) return;
  buttons.hidden = false;
  showNames(setting);
}

/** Press the buttons whose names are in the list now. */
export function showNames(setting) {
  const chosen = names(setting);
  for (const button of setting.querySelectorAll("[data-setting-names] button"))
    button.setAttribute("aria-pressed", String(chosen.includes(button.value)));
}

/** Put a button's name into the list or take it out; the list is what is sent. */
export function toggleName(setting, button) {
  const chosen = names(setting);
  const left = chosen.filter((name) => name !== button.value);
  const control = setting.querySelector("[data-setting-value]");
  control.value = (left.length < chosen.length ? left : [...chosen, button.value]).join(", ");
  control.dispatchEvent(new Event("input", { bubbles: true }));
}

function names(setting) {
  const text = setting.querySelector("[data-setting-value]").value;
  return text
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
}
