// On a narrow screen the tabs scroll sideways: the one in use is brought into sight.
import { behaviour } from "./behaviours.js";

behaviour(".tabs [aria-current]", (tab) => {
  const strip = tab.closest("ul");
  const aside = tab.offsetLeft - strip.offsetLeft - (strip.clientWidth - tab.offsetWidth) / 2;
  strip.scrollTo({ left: aside, behavior: "instant" });
});
