// The keys of the review screen, listed in the help that "?" opens.
import { register } from "../shortcuts.js";
import { t } from "../strings.js";
import { toggle as toggleHeatmap } from "./heatmap.js";

// A key that is held down judges one place, not the rest of the list.
function once(act) {
  return (event) => event.repeat || act();
}

/** Let the keys act on a review. */
export function bindKeys(review) {
  const forwards = () => review.step(1);
  const backwards = () => review.step(-1);
  const keys = [
    ["x", "keyLabelError", once(() => review.judge("label_error"))],
    ["m", "keyModelError", once(() => review.judge("model_error"))],
    ["a", "keyAmbiguous", once(() => review.judge("ambiguous"))],
    ["s", "keySecondOpinion", once(() => review.judge("second_opinion"))],
    ["e", "keyExclude", once(() => review.judge("exclude"))],
    ["c", "keyComment", once(() => review.comments.write())],
    ["u", "keyUndo", once(() => review.undo())],
    ["enter", "keyConfirm", once(() => review.confirm())],
    ["right", "keyNext", forwards, "→"],
    ["j", "keyNext", forwards],
    ["left", "keyPrevious", backwards, "←"],
    ["k", "keyPrevious", backwards],
    ["h", "keyHeatmap", once(toggleHeatmap)],
    ["b", "keyBlind", once(() => review.blind.toggle())],
    ["g", "keyGrid", once(() => review.root.querySelector("[data-grid]").click())],
    ["z", "keyZoom", () => review.display.zoomed.toggle()],
  ];
  for (const [key, name, run, shown] of keys) register({ key, shown, description: t(name), run });
}
