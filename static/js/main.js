// The behaviours every page has. Pages load their own modules in the "scripts" block.
import "./http.js";
import "./toast.js";
import "./dialog.js";
import "./confirm.js";
import "./popover.js";
import "./shortcuts-help.js";
import "./local-time.js";
import "./numbers.js";
import "./copy.js";
import "./chart.js";
import "./tabs.js";
