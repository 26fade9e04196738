// Fetches OpenSeadragon when somebody first looks closely: most pages never need it.
import { t } from "../strings.js";

// It would add a style element of its own, which the content security policy forbids and nothing here needs. It adds none
// where it finds one; this one is of another kind, and does nothing.
const MARK = "data-openseadragon-mobile-css";
const INERT = "http://www.w3.org/1998/Math/MathML";

let library = null;

/** Give OpenSeadragon. */
export function loadLibrary() {
  library ??= load().catch((error) => {
    library = null;
    throw error;
  });
  return library;
}

async function load() {
  const style = document.createElementNS(INERT, "style");
  style.setAttribute(MARK, "true");
  document.head.append(style);
  const script = document.createElement("script");
  script.src = document.querySelector("[data-viewer-library]").dataset.viewerLibrary;
  await new Promise((resolve, reject) => {
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => reject(new Error(t("tilesFailed"))));
    document.head.append(script);
  });
  return globalThis.OpenSeadragon;
}
