// One tile: its picture, the labels known of it, and what it says to those who cannot see it.
import { t } from "../strings.js";

const SIGNS = { present: "✓", absent: "–", unsure: "?", disputed: "⚖" };
const WORDS = { present: "statePresent", absent: "stateAbsent", unsure: "stateUnsure", disputed: "stateDisputed" };

/** Make an empty tile. */
export function makeTile() {
  const tile = document.createElement("div");
  tile.className = "lt-tile";
  tile.setAttribute("role", "option");
  const picture = document.createElement("img");
  picture.alt = "";
  picture.decoding = "async";
  picture.draggable = false;
  // A picture that is gone leaves the grey ground, and the tile still says what it is called.
  picture.addEventListener("error", () => picture.removeAttribute("src"));
  const sign = span("lt-tile__sign");
  const group = span("lt-tile__group");
  const labels = span("lt-tile__labels");
  tile.append(picture, sign, group, labels);
  Object.assign(tile, { picture, sign, group, labels });
  return tile;
}

/** Let a tile show an image. `said` is the sign it bears for the chosen label, `alike` how many are nearly the same. */
export function paint(tile, { id, seen, said, label, labels, selected, touched, alike, place, count, source, load }) {
  const url = source.thumbnail(id);
  if (load && tile.picture.getAttribute("src") !== url) tile.picture.src = url;
  else if (!load && Number(tile.dataset.image) !== id) tile.picture.removeAttribute("src");
  tile.dataset.image = id;
  tile.dataset.said = said || "";
  tile.toggleAttribute("data-touched", Boolean(touched));
  tile.setAttribute("aria-selected", String(selected));
  tile.setAttribute("aria-posinset", place + 1);
  tile.setAttribute("aria-setsize", count);
  tile.sign.textContent = SIGNS[said] ?? "";
  tile.group.textContent = alike > 1 ? `≈ ${alike}` : "";
  const shown = seen ? labels.filter((each) => isPresent(seen, each.id)) : [];
  drawLabels(tile.labels, shown);
  const words = [seen?.name ?? "…"];
  if (label && said) words.push(t(WORDS[said], { label: label.name }));
  for (const each of shown) if (each.id !== label?.id) words.push(each.name);
  if (alike > 1) words.push(t("groupOf", { count: alike }));
  const told = words.join(", ");
  tile.setAttribute("aria-label", told);
  tile.title = told;
}

function isPresent(seen, label) {
  return (seen.own[label] ?? seen.truth[label]) === "present";
}

// Swatches and names: where the tile is small, CSS leaves the swatches alone.
function drawLabels(holder, shown) {
  const wanted = shown.map((each) => each.id).join(" ");
  if (holder.dataset.shown === wanted) return;
  holder.dataset.shown = wanted;
  holder.replaceChildren(
    ...shown.map((each) => {
      const chip = span(`lt-tile__label hue-${each.colour}`);
      const name = document.createElement("span");
      name.textContent = each.name;
      chip.append(span("swatch"), name);
      return chip;
    }),
  );
}

function span(name) {
  const made = document.createElement("span");
  made.className = name;
  made.setAttribute("aria-hidden", "true");
  return made;
}

/** On a telephone three images side by side, elsewhere as large as on a contact sheet. */
export function usualSize(view) {
  return Math.min(150, Math.floor(view.clientWidth / 3) - 8);
}
