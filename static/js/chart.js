// Draws the Vega-Lite charts of a page as SVG in the colours of the theme, and saves them as SVG or PNG.
// With `ast: true` Vega interprets its expressions instead of compiling them, as the content security policy demands.
import { behaviour } from "./behaviours.js";
import { config, inThemeColours } from "./chart-theme.js";
import { csrfFetch } from "./http.js";
import { t } from "./strings.js";

let libraries;

function loadLibraries() {
  const addresses = document.querySelector('meta[name="chart-libraries"]').content.split(" ");
  // One after the other: each builds on the one before.
  libraries ??= addresses.reduce((before, address) => before.then(() => loadScript(address)), Promise.resolve());
  return libraries;
}

function loadScript(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => reject(new Error(t("chartLibraries"))));
    document.head.append(script);
  });
}

async function specOf(figure) {
  if (figure.dataset.chartUrl) return csrfFetch(figure.dataset.chartUrl);
  return JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
}

async function draw(figure, spec) {
  const plot = figure.querySelector("[data-chart-plot]");
  const options = {
    actions: false,
    ast: true,
    config: config(figure),
    defaultStyle: false,
    renderer: "svg",
    tooltip: { disableDefaultStyle: true },
  };
  const { view } = await globalThis.vegaEmbed(plot, inThemeColours(figure, spec), options);
  return view;
}

async function start(figure) {
  let view;
  let spec;
  const redraw = async () => {
    view?.finalize();
    view = await draw(figure, spec);
  };
  try {
    [spec] = await Promise.all([specOf(figure), loadLibraries()]);
    await redraw();
  } catch (error) {
    figure.querySelector("[data-chart-plot]").textContent = t("chartFailed");
    throw error;
  }
  const onTheme = () => (figure.isConnected ? redraw() : document.removeEventListener("loupe:theme", onTheme));
  document.addEventListener("loupe:theme", onTheme);
  for (const button of figure.querySelectorAll("[data-chart-save]")) {
    button.disabled = false;
    button.addEventListener("click", () => save(view, button.dataset.chartSave, figure.id));
  }
}

async function save(view, type, name) {
  // Twice the size on the screen prints well at column width.
  const address =
    type === "png"
      ? await view.toImageURL("png", 2)
      : URL.createObjectURL(new Blob([await view.toSVG()], { type: "image/svg+xml" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `${name}.${type}`;
  link.click();
  if (type === "svg") URL.revokeObjectURL(address);
}

behaviour("[data-chart]", (figure) => {
  // Charts far down the page are drawn when the reader comes near.
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      start(figure);
    },
    { rootMargin: "400px" },
  );
  observer.observe(figure);
});
