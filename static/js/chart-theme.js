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

function resolver(element) {
  const probe = document.createElement("span");
  element.append(probe);
  const colour = (name) => {
    // A custom property is only resolved (light or dark) once a real property uses it.
    probe.style.setProperty("color", `var(--${name})`);
    return getComputedStyle(probe).color;
  };
  return { colour, done: () => probe.remove() };
}

/** Give the Vega configuration of the theme in force. */
export function config(element) {
  const { colour, done } = resolver(element);
  const font = getComputedStyle(document.documentElement).fontFamily;
  const ink = colour("ink-soft");
  const line = colour("line");
  const made = {
    background: "transparent",
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
      heatmap: [colour("surface-sunken"), colour("accent")],
      ramp: [colour("surface-sunken"), colour("accent")],
    },
  };
  done();
  return made;
}

/** Copy a spec with "hue:ochre" and "token:accent" replaced by the colours they stand for. */
export function inThemeColours(element, spec) {
  const { colour, done } = resolver(element);
  const walk = (value) => {
    if (Array.isArray(value)) return value.map(walk);
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)]));
    }
    const [, kind, name] = (typeof value === "string" && /^(hue|token):([a-z0-9-]+)$/.exec(value)) || [];
    if (!kind) return value;
    return colour(kind === "hue" ? `hue-${name}` : name);
  };
  const themed = walk(spec);
  done();
  return themed;
}
