// Places a popover beside the button that opens it; without this script it would stand in the corner of the window.

const GAP = 6;
const EDGE = 8;
// The places stand in a style sheet: a style attribute would be copied along when a part of the page is fetched anew, which
// the content security policy forbids, or be lost by it.
const sheet = new CSSStyleSheet();
document.adoptedStyleSheets.push(sheet);

function invokerOf(popover) {
  return document.querySelector(`[popovertarget="${CSS.escape(popover.id)}"]`);
}

function place(popover) {
  const button = invokerOf(popover);
  if (!button) return;
  const anchor = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = popover;
  const below = anchor.bottom + GAP;
  const fitsBelow = below + height <= innerHeight - EDGE;
  const top = fitsBelow ? below : Math.max(EDGE, anchor.top - GAP - height);
  // Menus at the end of a row open towards its start.
  const start = anchor.left + width <= innerWidth - EDGE ? anchor.left : anchor.right - width;
  const left = Math.min(Math.max(EDGE, start), Math.max(EDGE, innerWidth - width - EDGE));
  sheet.insertRule(`#${CSS.escape(popover.id)} { top: ${top}px; left: ${left}px }`);
}

function placeOpen() {
  sheet.replaceSync("");
  for (const popover of document.querySelectorAll("[popover]:popover-open")) place(popover);
}

// "toggle" does not bubble; it can be heard on its way down.
document.addEventListener(
  "toggle",
  (event) => {
    // What is unfolded within a popover makes it larger.
    const isOpen = event.target.matches("[popover]") ? event.newState === "open" : event.target.closest("[popover]");
    if (isOpen) placeOpen();
  },
  { capture: true },
);
addEventListener("resize", placeOpen);
addEventListener("scroll", placeOpen, { capture: true, passive: true });
