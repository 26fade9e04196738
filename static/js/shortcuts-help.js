// "?" lists the keys of the page in a dialog, and lets one switch them off.
import { ask } from "./dialog.js";
import { enabled, list, register, setEnabled } from "./shortcuts.js";
import { t } from "./strings.js";

function group(title, rows) {
  const section = document.createElement("section");
  const heading = document.createElement("h3");
  heading.textContent = title;
  const terms = document.createElement("dl");
  terms.className = "shortcut-list";
  for (const [key, description] of rows) {
    const term = document.createElement("dt");
    const cap = document.createElement("kbd");
    cap.textContent = key;
    term.append(cap);
    const meaning = document.createElement("dd");
    meaning.textContent = description;
    terms.append(term, meaning);
  }
  section.append(heading, terms);
  return section;
}

function onOffSwitch() {
  const label = document.createElement("label");
  label.className = "choice";
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = enabled();
  box.addEventListener("change", () => setEnabled(box.checked));
  const text = document.createElement("span");
  text.textContent = t("shortcutsOn");
  label.append(box, text);
  return label;
}

async function show() {
  const rows = list();
  const body = document.createElement("div");
  body.className = "stack";
  for (const [title, general] of [
    [t("shortcutsPage"), false],
    [t("shortcutsGeneral"), true],
  ]) {
    const own = rows.filter((row) => Boolean(row[2]) === general);
    if (own.length > 0) body.append(group(title, own));
  }
  body.append(onOffSwitch());
  await ask({ title: t("shortcuts"), body, actions: [{ text: t("close"), value: "", focus: true }] });
}

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-shortcuts-help]")) return;
  event.target.closest("[popover]")?.hidePopover();
  show();
});
register({ key: "?", description: t("shortcutsHelp"), run: show, general: true });
