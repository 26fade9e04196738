// Draws the Vega-Lite charts of a page as SVG in the colours of the theme, and saves them as SVG or PNG.
// With `ast: true` Vega interprets its expressions instead of compiling them, as the content security policy demands.
import { behaviour } from "./behaviours.js";
import { config, inThemeColours } from "./chart-theme.js";
import { csrfFetch } from "./http.js";
import { t } from "./strings.js";

const CONTENT = { characterData: true, childList: true, subtree: true };

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
  return JSON.parse(numbersOf(figure));
}

function numbersOf(figure) {
  return figure.querySelector('script[type="application/json"]')?.textContent;
}

async function draw(figure, spec, plot, { paper = false } = {}) {
  const options = {
    actions: false,
    ast: true,
    config: config(figure, { paper }),
    defaultStyle: false,
    renderer: "svg",
    tooltip: { disableDefaultStyle: true },
  };
  const { view } = await globalThis.vegaEmbed(plot, inThemeColours(figure, spec, { paper }), options);
  return view;
}

async function start(figure) {
  const plot = figure.querySelector("[data-chart-plot]");
  let view;
  let spec;
  let drawn = numbersOf(figure);
  const redraw = async () => {
    // While it is empty the plot keeps its height, so that what stands below stays where it is.
    plot.style.setProperty("min-block-size", `${plot.offsetHeight}px`);
    view?.finalize();
    view = await draw(figure, spec, plot);
    plot.style.removeProperty("min-block-size");
    figure.dispatchEvent(new CustomEvent("loupe:chart", { bubbles: true, detail: { view } }));
  };
  try {
    [spec] = await Promise.all([specOf(figure), loadLibraries()]);
    await redraw();
  } catch (error) {
    plot.textContent = t("chartFailed");
    throw error;
  }
  // A part of the page that is fetched anew brings new numbers into the same figure.
  const onNumbers = async () => {
    if (numbersOf(figure) === drawn) return;
    drawn = numbersOf(figure);
    spec = await specOf(figure);
    await redraw();
  };
  if (drawn) new MutationObserver(onNumbers).observe(figure, CONTENT);
  await onNumbers();
  const onTheme = () => (figure.isConnected ? redraw() : document.removeEventListener("loupe:theme", onTheme));
  document.addEventListener("loupe:theme", onTheme);
  for (const button of figure.querySelectorAll("[data-chart-save]")) {
    button.disabled = false;
    button.addEventListener("click", () => save(figure, spec, button.dataset.chartSave, view.width()));
  }
}

// What is saved goes into a paper or onto a slide: it is drawn once more, dark on white, whatever the theme.
async function save(figure, spec, type, width) {
  const sized = spec.width === "container" ? { ...spec, width } : spec;
  const view = await draw(figure, sized, document.createElement("div"), { paper: true });
  const link = document.createElement("a");
  // Three times the size on the screen gives 300 dots to the inch at column width.
  if (type === "png") link.href = await view.toImageURL("png", 3);
  else link.href = URL.createObjectURL(new Blob([await view.toSVG()], { type: "image/svg+xml" }));
  link.download = `${figure.id}.${type}`;
  link.click();
  view.finalize();
  URL.revokeObjectURL(link.href);
}

behaviour("[data-chart]", (figure) => {
  // Drawn once it has a width (a closed part of the page has none); well ahead, so that a report prints whole.
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      start(figure);
    },
    { rootMargin: "4000px" },
  );
  observer.observe(figure);
});
