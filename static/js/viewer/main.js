// Looking closely at large images, on every page that has a ground for it.
import "./deep-zoom.js";
import "./page.js";
