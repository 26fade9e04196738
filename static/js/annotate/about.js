// What is known of where an image comes from, beside it; whether it stands open is remembered.
import { t } from "../strings.js";
import { recall, remember } from "./remembered.js";

const KEPT = "loupe-about";
// On a narrow screen the image needs the room, unless somebody asks for the details.
const ROOM = matchMedia("(min-width: 48rem)");

export class About {
  #everything = false;

  constructor({ panel, button }) {
    Object.assign(this, { panel, button });
    this.open = recall(KEPT) ? recall(KEPT) === "open" : ROOM.matches;
  }

  toggle() {
    this.open = !this.open;
    remember(KEPT, this.open ? "open" : "closed");
    this.#draw();
  }

  /** Show what is known of an image. */
  show({ details = [] }) {
    // Once an image of the collection has brought some, the panel keeps its place: images must not change their size.
    this.#everything ||= details.length > 0;
    const rows = details.map(({ name, value, is_link: isLink }) => row(name, isLink ? link(value) : value));
    this.panel.replaceChildren(...(rows.length > 0 ? rows : [nothing()]));
    this.panel.scrollTop = 0;
    this.#draw();
  }

  #draw() {
    this.button.hidden = !this.#everything;
    this.button.setAttribute("aria-expanded", String(this.open));
    this.panel.hidden = !this.#everything || !this.open;
  }
}

function row(name, value) {
  const group = document.createElement("div");
  const term = document.createElement("dt");
  term.textContent = name;
  const meaning = document.createElement("dd");
  meaning.append(value);
  group.append(term, meaning);
  return group;
}

function link(address) {
  const anchor = document.createElement("a");
  Object.assign(anchor, { href: address, target: "_blank", rel: "noopener noreferrer", textContent: address });
  return anchor;
}

function nothing() {
  return row(t("aboutNothing"), "");
}
