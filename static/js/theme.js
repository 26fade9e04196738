// Light, dark, or as the system says. A classic script, loaded before anything is drawn, so that no page flashes.
(() => {
  const KEY = "loupe-theme";
  const root = document.documentElement;

  function kept() {
    try {
      return localStorage.getItem(KEY) ?? "system";
    } catch {
      // A browser that keeps nothing (private windows, strict settings) follows the system.
      return "system";
    }
  }

  function keep(choice) {
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // The choice then holds for this page only.
    }
  }

  function apply(choice) {
    if (choice === "light" || choice === "dark") root.dataset.theme = choice;
    else delete root.dataset.theme;
  }

  function mark(choice) {
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
    }
  }

  function announce() {
    document.dispatchEvent(new CustomEvent("loupe:theme"));
  }

  apply(kept());
  document.addEventListener("DOMContentLoaded", () => mark(kept()));
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-theme-choice]");
    if (!button) return;
    keep(button.dataset.themeChoice);
    apply(button.dataset.themeChoice);
    mark(button.dataset.themeChoice);
    announce();
  });
  // Another tab changed it.
  window.addEventListener("storage", (event) => {
    if (event.key !== KEY) return;
    apply(kept());
    mark(kept());
    announce();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", announce);
})();
