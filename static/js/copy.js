// data-copy="text" on a button copies that text, an invitation link say.
import { t } from "./strings.js";
import { toast } from "./toast.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  try {
    // Outside HTTPS and localhost the browser offers no clipboard.
    await navigator.clipboard.writeText(button.dataset.copy);
    toast(t("copied"));
  } catch {
    toast(t("copyFailed"), "warn");
  }
});
