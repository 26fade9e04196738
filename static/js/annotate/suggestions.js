// What the model says of an image: a quiet bar beside each label, and where it differs from an answer.
import { number } from "../numbers.js";
import { t } from "../strings.js";

/** Show a suggestion beside a label, or none. */
export function suggest(row, suggestion) {
  const place = row.querySelector("[data-suggestion]");
  place.hidden = !suggestion;
  if (!suggestion) return;
  place.toggleAttribute("data-predicted", suggestion.predicted);
  place.querySelector("[data-bar]").setAttribute("width", (100 * suggestion.probability).toFixed(1));
  place.querySelector("[data-probability]").textContent = number(suggestion.probability, 2);
}

/** Say in a sentence where the model differs from an answer that was just given; nothing where it does not. */
export function difference({ item, saved }, nameOf) {
  const parts = [];
  for (const { label, probability, predicted } of item.suggestions) {
    const name = nameOf(label);
    const present = saved.get(label) === "present";
    if (!name || saved.get(label) === "unsure" || present === predicted) continue;
    parts.push(t(predicted ? "modelAdds" : "modelMisses", { label: name, probability: number(probability, 2) }));
  }
  return parts.length > 0 && t("modelDiffers", { name: item.name, labels: parts.join(", ") });
}
