// Native dialogs: data-dialog-open="ID" opens, data-dialog-close closes, a click beside the dialog closes it too.

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-dialog-open]");
  if (opener) {
    event.preventDefault();
    document.getElementById(opener.dataset.dialogOpen).showModal();
    return;
  }
  const closer = event.target.closest?.("[data-dialog-close]");
  if (closer) {
    closer.closest("dialog").close();
    return;
  }
  // Only the backdrop has the dialog itself as its target; dialogs with something typed in them stay open.
  if (event.target instanceof HTMLDialogElement && !event.target.querySelector("form")) event.target.close();
});

/** Make a dialog from its parts, show it, and give what it was closed with; it is removed afterwards. */
export function ask({ title, body, actions }) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  const heading = document.createElement("h2");
  heading.id = `dialog-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  heading.textContent = title;
  dialog.setAttribute("aria-labelledby", heading.id);
  const header = part("dialog__header", [heading]);
  const foot = part(
    "dialog__actions",
    actions.map((action) => actionButton(action, dialog)),
  );
  dialog.append(header, part("dialog__body", [body]), foot);
  document.body.append(dialog);
  dialog.showModal();
  // The button that has the focus stands at the end; a long text is read from its beginning.
  dialog.scrollTop = 0;
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
}

function part(className, children) {
  const element = document.createElement("div");
  element.className = className;
  element.append(...children);
  return element;
}

function actionButton({ text, value, kind, focus }, dialog) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = kind ? `button button--${kind}` : "button";
  button.textContent = text;
  button.autofocus = Boolean(focus);
  button.addEventListener("click", () => dialog.close(value));
  return button;
}
