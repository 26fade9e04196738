// The keys of the review screen, listed in the help that "?" opens.
import { register } from "../shortcuts.js";
import { t } from "../strings.js";

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
    ["u", "keyUndo", once(() => review.undo())],
    ["enter", "keyNext", forwards],
    ["right", "keyNext", forwards, "→"],
    ["j", "keyNext", forwards],
    ["left", "keyPrevious", backwards, "←"],
    ["k", "keyPrevious", backwards],
    ["z", "keyZoom", () => review.zoom()],
  ];
  for (const [key, name, run, shown] of keys) register({ key, shown, description: t(name), run });
}
