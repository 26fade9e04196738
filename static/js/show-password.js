// data-show-password around a password field and a button: the button shows what was typed, and hides it again.
import { behaviour } from "./behaviours.js";

behaviour("[data-show-password]", (box) => {
  const input = box.querySelector("input");
  const button = box.querySelector("button");
  // Without this script the button could do nothing, so that only the script brings it to light.
  button.hidden = false;
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  };
  button.addEventListener("click", () => show(input.type === "password"));
  // What is sent should be remembered by the browser as a password.
  input.form?.addEventListener("submit", () => show(false));
});

behaviour("[data-select-all]", (input) => {
  input.addEventListener("focus", () => input.select());
});
