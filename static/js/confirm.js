// data-confirm="Sentence" on a button or link asks first; data-confirm-action names what the answer does.
import { ask } from "./dialog.js";
import { t } from "./strings.js";

const allowed = new WeakSet();

async function confirmThenClick(element) {
  const body = document.createElement("p");
  body.textContent = element.dataset.confirm;
  const action = element.dataset.confirmAction ?? element.textContent.trim();
  const answer = await ask({
    title: element.dataset.confirmTitle ?? action,
    body,
    actions: [
      // The harmless answer has the focus, so that a stray Enter destroys nothing.
      { text: t("cancel"), value: "no", focus: true },
      {
        text: action || t("confirm"),
        value: "yes",
        kind: element.classList.contains("button--danger") ? "danger" : "primary",
      },
    ],
  });
  element.focus();
  if (answer !== "yes") return;
  allowed.add(element);
  element.click();
}

// In the capture phase, so that htmx and every other listener hear of the click only once it is meant.
document.addEventListener(
  "click",
  (event) => {
    const element = event.target.closest?.("[data-confirm]");
    if (!element || allowed.delete(element)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    confirmThenClick(element);
  },
  { capture: true },
);
