// What the desk says of an image that was dealt with before.
import { t } from "../strings.js";

/** Say what is already known of an entry, in a sentence. */
export function hintFor(entry) {
  if (!entry || entry.state === "open") return "";
  if (entry.state === "skipped") return t("skippedBefore");
  return t(entry.answers.size ? "answeredBefore" : "answeredNone");
}

/** Tell whether two sets of answers say the same. */
export function same(one, other) {
  return one.size === other.size && [...one].every(([label, value]) => other.get(label) === value);
}
