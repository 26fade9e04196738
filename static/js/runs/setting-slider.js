// The slider beside a number: one follows the other. The number is what is sent, and may lie between two steps.

/** Show the slider of a setting, if it has one, where its number stands. */
export function startSlider(setting) {
  const slider = setting.querySelector("[data-setting-slider]");
  if (!slider) return;
  slider.hidden = false;
  follow(slider, setting.querySelector("[data-setting-value]"));
}

/** Bring slider and number together after one of them was moved. */
export function setSlider(setting, moved) {
  const slider = setting.querySelector("[data-setting-slider]");
  if (!slider) return;
  const number = setting.querySelector("[data-setting-value]");
  if (moved === slider) number.value = slider.value;
  else follow(slider, number);
}

function follow(slider, number) {
  const value = Number(number.value.replace(",", "."));
  if (number.value.trim() !== "" && Number.isFinite(value)) slider.value = value;
}
