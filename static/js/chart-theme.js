// The colours and type of charts, read from the page's own custom properties.

export const HUES = [
  "cobalt",
  "vermilion",
  "ochre",
  "viridian",
  "plum",
  "sky",
  "moss",
  "rose",
  "umber",
  "violet",
  "slate",
  "lime",
];

// On the screen a colour stays a custom property, so that it follows the theme and turns light in print by itself.
// On paper, and wherever Vega has to mix colours, it must be resolved; a custom property only is once it is used.
function resolver(element, paper) {
  const probe = document.createElement("span");
  if (paper) probe.dataset.theme = "light";
  element.append(probe);
  const resolved = (name) => {
    probe.style.setProperty("color", `var(--${name})`);
    return getComputedStyle(probe).color;
  };
  return { colour: paper ? resolved : (name) => `var(--${name})`, resolved, done: () => probe.remove() };
}

/** Give the Vega configuration of the theme in force, or that of a white page. */
export function config(element, { paper = false } = {}) {
  const { colour, resolved, done } = resolver(element, paper);
  const font = getComputedStyle(document.documentElement).fontFamily;
  const ink = colour("ink-soft");
  const line = colour("line");
  const made = {
    background: paper ? "white" : "transparent",
    font,
    view: { stroke: null },
    axis: {
      domainColor: colour("line-strong"),
      gridColor: line,
      tickColor: line,
      labelColor: ink,
      titleColor: ink,
      labelFontSize: 12,
      titleFontSize: 12,
      titleFontWeight: 500,
      titlePadding: 10,
    },
    legend: { labelColor: ink, titleColor: ink, labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500 },
    header: { labelColor: ink, titleColor: ink, labelFontSize: 12, titleFontSize: 12 },
    title: { color: colour("ink"), subtitleColor: ink, fontSize: 14 },
    text: { color: colour("ink") },
    rule: { color: colour("line-strong") },
    mark: { color: colour("accent") },
    line: { strokeWidth: 2 },
    range: {
      category: HUES.map((hue) => colour(`hue-${hue}`)),
      heatmap: [resolved("surface-sunken"), resolved("accent")],
      ramp: [resolved("surface-sunken"), resolved("accent")],
    },
  };
  done();
  return made;
}

/** Copy a spec with "hue:ochre" and "token:accent" replaced by the colours they stand for ("mixed:accent" in gradients). */
export function inThemeColours(element, spec, { paper = false } = {}) {
  const { colour, resolved, done } = resolver(element, paper);
  const walk = (value) => {
    if (Array.isArray(value)) return value.map(walk);
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)]));
    }
    const [, kind, name] = (typeof value === "string" && /^(hue|token|mixed):([a-z0-9-]+)$/.exec(value)) || [];
    if (!kind) return value;
    if (kind === "mixed") return resolved(name);
    return colour(kind === "hue" ? `hue-${name}` : name);
  };
  const themed = walk(spec);
  done();
  return themed;
}
