// Brings the adjudication screen to life: what is clicked, and what the keys do.
import { behaviour } from "../behaviours.js";
import { register } from "../shortcuts.js";
import { t } from "../strings.js";
import { Adjudication } from "./screen.js";

function once(act) {
  return (event) => event.repeat || act();
}

function bindKeys(screen) {
  const keys = [
    ["p", "keyPresent", once(() => screen.disputes.choose("present"))],
    ["a", "keyAbsent", once(() => screen.disputes.choose("absent"))],
    ["c", "keyCannotTell", once(() => screen.disputes.choose("unsure"))],
    ["enter", "keySettle", once(() => screen.save()), "⏎"],
    ["down", "keyNextLabel", () => screen.disputes.move(1), "↓"],
    ["up", "keyPreviousLabel", () => screen.disputes.move(-1), "↑"],
    ["r", "keyReason", once(() => screen.write())],
    ["s", "keyLater", once(() => screen.pass())],
    ["left", "keyBack", once(() => screen.back()), "←"],
    ["u", "keyUndo", once(() => screen.undo())],
    ["z", "keyZoom", () => screen.zoomed?.toggle()],
  ];
  for (const [key, name, run, shown] of keys) register({ key, shown, description: t(name), run });
}

behaviour("[data-adjudication]", (root) => {
  const screen = new Adjudication(root);
  root.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-choose]");
    const act = event.target.closest("[data-act]")?.dataset.act;
    if (choice) screen.disputes.choose(choice.dataset.choose, choice.closest("[data-dispute]"));
    else if (act) screen[act]();
  });
  root.addEventListener("focusin", (event) => {
    const dispute = event.target.closest("[data-dispute]");
    if (dispute) screen.disputes.point(dispute);
  });
  // Within the reason single keys write; with Ctrl the decision is saved from there.
  root.addEventListener("keydown", (event) => {
    if (!event.target.matches("[data-reason]")) return;
    if (event.key === "Escape") event.target.blur();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) screen.save();
  });
  bindKeys(screen);
});
