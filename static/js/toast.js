// Short messages in the corner. Good news goes after a while, bad news stays until it is dismissed.
import { t } from "./strings.js";

// Six seconds are enough to read two lines twice.
const GOOD_NEWS_MS = 6000;
const PATHS = {
  success: "M4 10.5l4 4 8-9",
  info: "M10 17a7 7 0 1 0 0-14a7 7 0 0 0 0 14M10 9.5v4M10 6.5h.01",
  warn: "M10 3.5L17.5 16.5h-15zM10 8v4M10 14.3h.01",
  error: "M6.8 3h6.4L17 6.8v6.4L13.2 17H6.8L3 13.2V6.8zM10 6.5v4M10 13.5h.01",
  close: "M5 5l10 10M15 5L5 15",
};

/** Show a message; `kind` is success, info, warn or error. Gives a function that takes it away. */
export function toast(message, kind = "success") {
  const notice = document.createElement("div");
  notice.className = `notice notice--${kind}`;
  const body = document.createElement("p");
  body.className = "notice__body";
  body.textContent = message;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button button--quiet button--icon button--small";
  close.setAttribute("aria-label", t("dismiss"));
  close.append(icon("close"));
  notice.append(icon(kind), body, close);
  // Over an open dialog only the top layer is seen, so the message then goes into the dialog itself.
  (document.querySelector("dialog:modal") ?? document.getElementById("toasts")).append(notice);
  const remove = () => notice.remove();
  close.addEventListener("click", remove);
  if (kind === "success" || kind === "info") goLater(notice, remove);
  return remove;
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

function goLater(notice, remove) {
  let timer = setTimeout(remove, GOOD_NEWS_MS);
  // Whoever is reading it is not hurried.
  for (const type of ["pointerenter", "focusin"]) notice.addEventListener(type, () => clearTimeout(timer));
  for (const type of ["pointerleave", "focusout"]) {
    notice.addEventListener(type, () => {
      clearTimeout(timer);
      timer = setTimeout(remove, GOOD_NEWS_MS);
    });
  }
}

// A server's answer may say one too: HX-Trigger: {"toast": {"message": "...", "kind": "success"}}.
document.addEventListener("toast", (event) => toast(event.detail.message, event.detail.kind));

document.addEventListener("click", (event) => {
  event.target.closest?.("[data-dismiss]")?.closest(".notice")?.remove();
});
