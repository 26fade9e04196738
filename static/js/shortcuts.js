// Keys that act, shown to whoever presses "?". They can be switched off, as WCAG 2.1.4 asks of single-key shortcuts.
import { t } from "./strings.js";

const KEPT = "loupe-shortcuts";
const registered = new Map();

/**
 * Let a key act. `key` is a KeyboardEvent.key, lower case, with "shift+" or "ctrl+" before it where wanted.
 * Gives a function that takes it back.
 * @param {{key: string, description: string, run: (event: KeyboardEvent) => void, shown?: string, general?: boolean}} shortcut
 */
export function register(shortcut) {
  registered.set(shortcut.key, shortcut);
  return () => {
    if (registered.get(shortcut.key) === shortcut) registered.delete(shortcut.key);
  };
}

/** Tell whether single keys act. */
export function enabled() {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true;
  }
}

function setEnabled(on) {
  try {
    localStorage.setItem(KEPT, on ? "on" : "off");
  } catch {
    registered.clear();
  }
}

function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches("textarea, select")) return true;
  return target.matches("input") && !["checkbox", "radio", "button", "submit", "range"].includes(target.type);
}

function nameOf(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key.toLowerCase().replace("arrow", "");
  const isLetter = event.key.length > 1 || /\p{L}/u.test(event.key);
  return `${event.ctrlKey || event.metaKey ? "ctrl+" : ""}${event.shiftKey && isLetter ? "shift+" : ""}${key}`;
}

// The element a declared key stands on: data-shortcut="n" clicks it.
function declared(name) {
  for (const element of document.querySelectorAll("[data-shortcut]")) {
    if (element.dataset.shortcut === name && !element.disabled && element.checkVisibility()) return element;
  }
  return null;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.altKey || event.isComposing || isTyping(event.target)) return;
  const name = nameOf(event);
  if (document.querySelector("dialog:modal") || (!enabled() && !name.startsWith("ctrl+"))) return;
  const shortcut = registered.get(name);
  const element = shortcut ? null : declared(name);
  if (!shortcut && !element) return;
  event.preventDefault();
  if (shortcut) shortcut.run(event);
  else element.click();
});

function rows() {
  const own = [...registered.values()].map(({ key, shown, description, general }) => [
    shown ?? key,
    description,
    general,
  ]);
  const inPage = [...document.querySelectorAll("[data-shortcut]")].filter((element) => element.checkVisibility());
  const declaredRows = inPage.map((element) => [
    element.dataset.shortcutShown ?? element.dataset.shortcut,
    element.dataset.shortcutHelp ??
      element.getAttribute("aria-label") ??
      element.querySelector("span")?.textContent ??
      element.textContent.trim(),
    false,
  ]);
  return [...declaredRows, ...own];
}

function group(title, list) {
  if (list.length === 0) return;
  const section = document.createElement("section");
  const heading = document.createElement("h3");
  heading.textContent = title;
  const terms = document.createElement("dl");
  terms.className = "shortcut-list";
  for (const [key, description] of list) {
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

async function showHelp() {
  const { ask } = await import("./dialog.js");
  const body = document.createElement("div");
  body.className = "stack";
  const all = rows();
  const groups = [
    group(
      t("shortcutsPage"),
      all.filter(([, , general]) => !general),
    ),
    group(
      t("shortcutsGeneral"),
      all.filter(([, , general]) => general),
    ),
  ];
  body.append(...groups.filter(Boolean), onOffSwitch());
  await ask({ title: t("shortcuts"), body, actions: [{ text: t("close"), value: "", focus: true }] });
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

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-shortcuts-help]")) showHelp();
});
register({
  key: "?",
  get description() {
    return t("shortcutsHelp");
  },
  run: showHelp,
  general: true,
});
