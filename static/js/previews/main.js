// The page of what a network gets: pictures follow the settings, other images and other changes come on request.
import { behaviour } from "../behaviours.js";
import { t } from "../strings.js";
import { Asking } from "./asking.js";

// A hand that still moves a slider asks for nothing; one that rests is answered at once.
const REST_MS = 120;
const PICTURES = { one: 9, batch: 12 };

/** Read the settings of the form as they are named; what stands hidden has its say too, as in the form for runs. */
export function settingsOf(form) {
  const given = Object.fromEntries(new FormData(form));
  delete given.recipe;
  return given;
}

behaviour("[data-previews]", (root) => {
  const form = root.querySelector("[data-look-form]");
  const asking = new Asking(root, root.dataset.url);
  const state = { seed: 1, image: Number(root.dataset.image) || null, timer: 0 };
  const pictures = (node, seconds) =>
    t("previewShown", { count: node.querySelectorAll(".shown__grid img").length, seconds });

  const draw = () => {
    const what = root.querySelector("[data-look]:checked").value;
    const image = what === "one" ? state.image : null;
    asking.show(
      { what, config: settingsOf(form), seed: state.seed, image_id: image, count: PICTURES[what] },
      (node, seconds) => {
        // The image stays the same while only its changes do.
        const shown = node.querySelector("[data-image]");
        if (shown) state.image = Number(shown.dataset.image);
        return pictures(node, seconds);
      },
    );
  };
  const soon = () => {
    clearTimeout(state.timer);
    state.timer = setTimeout(draw, REST_MS);
  };

  form.addEventListener("input", soon);
  for (const choice of root.querySelectorAll("[data-look]")) choice.addEventListener("change", draw);
  root.querySelector("[data-again]").addEventListener("click", () => {
    state.seed += 1;
    draw();
  });
  root.querySelector("[data-other]").addEventListener("click", () => {
    Object.assign(state, { seed: state.seed + 1, image: null });
    draw();
  });
  draw();
});

behaviour("[data-check]", (root) => {
  const page = document.querySelector("[data-previews]");
  const asking = new Asking(root, page.dataset.url);
  const form = page.querySelector("[data-look-form]");
  for (const button of root.querySelectorAll("[data-check-recipe]")) {
    button.addEventListener("click", () => {
      const recipe = button.dataset.checkRecipe;
      const config = recipe === "finetune" ? settingsOf(form) : {};
      asking.show({ what: "check", recipe, config, seed: 1 }, (_node, seconds) => t("previewChecked", { seconds }));
    });
  }
});
