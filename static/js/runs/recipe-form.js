// The form of all settings: it shows those of the chosen recipe, keeps what was filled in for the other one, marks
// what is not as usual and leads back to it, and hides what means nothing beside the value of another setting.
import { behaviour } from "../behaviours.js";
import { t } from "../strings.js";
import { showNames, startNames, toggleName } from "./setting-names.js";
import { setSlider, startSlider } from "./setting-slider.js";

class RecipeForm {
  constructor(form) {
    this.form = form;
    this.said = form.querySelector("[data-settings-said]");
    this.#begin();
    form.addEventListener("input", (event) => this.#changed(event.target));
    form.addEventListener("change", (event) => {
      if (event.target.name === "recipe") this.#show(event.target);
      else this.#changed(event.target);
    });
    form.addEventListener("click", (event) => this.#clicked(event));
    // A browser that goes back, or reloads, puts its own choice of recipe in again.
    const chosen = form.querySelector('input[name="recipe"]:checked');
    if (chosen && chosen.value !== this.#drawn().dataset.settingsOf) this.#show(chosen);
  }

  #drawn() {
    return this.form.querySelector("div[data-settings-of]");
  }

  #settings() {
    return [...this.form.querySelectorAll("div[data-settings-of] [data-setting]")];
  }

  /** Put the settings of another recipe in the place of those on the screen, which wait in a template of their own. */
  #show(radio) {
    const away = this.#drawn();
    const held = this.form.querySelector(`template[data-settings-of="${radio.value}"]`);
    if (!held) return;
    const shown = document.createElement("div");
    shown.className = away.className;
    shown.dataset.settingsOf = radio.value;
    shown.append(held.content);
    const kept = document.createElement("template");
    kept.dataset.settingsOf = away.dataset.settingsOf;
    kept.content.append(...away.childNodes);
    held.replaceWith(kept);
    away.replaceWith(shown);
    this.#begin();
    const title = radio.closest("label").querySelector("span").firstChild.textContent.trim();
    this.said.textContent = t("settingsShown", { recipe: title });
  }

  #begin() {
    for (const setting of this.#settings()) {
      setting.querySelector("[data-setting-reset]").type = "button";
      startSlider(setting);
      startNames(setting);
      mark(setting);
    }
    this.#hideUnused();
  }

  #changed(target) {
    const setting = target.closest?.("[data-setting]");
    if (!setting) return;
    // What a script fills in, such as a rate that was found, must be seen.
    const fold = setting.closest("details");
    if (fold) fold.open = true;
    setSlider(setting, target);
    showNames(setting);
    mark(setting);
    this.#hideUnused();
  }

  #clicked(event) {
    const name = event.target.closest("[data-setting-names] button");
    if (name) toggleName(name.closest("[data-setting]"), name);
    const button = event.target.closest("[data-setting-reset]");
    if (!button) return;
    const setting = button.closest("[data-setting]");
    const control = controlOf(setting);
    if (control.type === "checkbox") control.checked = setting.dataset.default === "true";
    else control.value = setting.dataset.default;
    // The button goes away with what it took back.
    control.focus();
    control.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #hideUnused() {
    const settings = this.#settings();
    const named = new Map(settings.map((setting) => [setting.dataset.setting, setting]));
    const isUsed = ({ dataset: { needs, needsValue } }) =>
      !needs || (isUsed(named.get(needs)) && given(named.get(needs)) === needsValue);
    // What is refused stays in sight, whatever the others say.
    for (const setting of settings) setting.hidden = !isUsed(setting) && !setting.querySelector(".field__error");
  }
}

function controlOf(setting) {
  return setting.querySelector("[data-setting-value]");
}

function given(setting) {
  const control = controlOf(setting);
  return control.type === "checkbox" ? String(control.checked) : control.value.trim();
}

function mark(setting) {
  const off = setting.querySelector("[data-setting-off]");
  // One value is sent: of a ticked box its own, of another the "no" beside it.
  if (off) off.disabled = controlOf(setting).checked;
  setting.querySelector("[data-setting-changed]").hidden = isSame(given(setting), setting.dataset.default);
}

function isSame(value, usual) {
  if (value === usual) return true;
  // 0,5 and .5 and 0.50 are one number.
  const [a, b] = [value, usual].map((text) => (text === "" ? Number.NaN : Number(text.replace(",", "."))));
  return a === b;
}

behaviour("form[data-recipe-form]", (form) => {
  for (const element of form.querySelectorAll("[data-without-script]")) element.hidden = true;
  new RecipeForm(form);
});
