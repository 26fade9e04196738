// Keys that act, shown to whoever presses "?". They can be switched off, as WCAG 2.1.4 asks of single-key shortcuts.
import { behaviour } from "./behaviours.js";

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

/** Switch single keys on or off, kept in this browser. */
export function setEnabled(on) {
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
  const key = event.key === " " ? "space" : event.key.toLowerCase().replace("arrow", "");
  const isLetter = event.key.length > 1 || /\p{L}/u.test(event.key);
  return `${event.ctrlKey || event.metaKey ? "ctrl+" : ""}${event.shiftKey && isLetter ? "shift+" : ""}${key}`;
}

// Enter and Space belong to the button or link that has the focus.
function isForFocused(name, target) {
  return (
    (name === "enter" || name === "space") && target instanceof Element && target.matches("a, button, summary, input")
  );
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
  if (isForFocused(name, event.target)) return;
  if (document.querySelector("dialog:modal") || (!enabled() && !name.startsWith("ctrl+"))) return;
  const shortcut = registered.get(name);
  const element = shortcut ? null : declared(name);
  if (!shortcut && !element) return;
  event.preventDefault();
  if (shortcut) shortcut.run(event);
  else element.click();
});

/** List what the keys of this page do: [key as shown, description, whether it is the same on every page]. */
export function list() {
  const own = [...registered.values()].map(({ key, shown, description, general }) => [
    shown ?? key,
    description,
    general,
  ]);
  const inPage = [...document.querySelectorAll("[data-shortcut]")].filter((element) => element.checkVisibility());
  const declaredRows = inPage.map((element) => [shownKey(element), purpose(element), false]);
  return [...declaredRows, ...own];
}

function shownKey(element) {
  return element.dataset.shortcutShown ?? element.dataset.shortcut;
}

function purpose(element) {
  const text = (element.querySelector("span") ?? element).textContent.trim();
  return element.dataset.shortcutHelp ?? element.getAttribute("aria-label") ?? text;
}

behaviour("[data-shortcut]", (element) => element.setAttribute("aria-keyshortcuts", shownKey(element)));
