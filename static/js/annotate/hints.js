// What the desk says of an image that was dealt with before.
import { t } from "../strings.js";

/** Say what is already known of an entry, in a sentence. */
export function hintFor(entry) {
  if (!entry) return "";
  if (entry.state === "open") return asked(entry.item);
  if (entry.state === "skipped") return skipped(entry.skip);
  return t(entry.answers.size ? "answeredBefore" : "answeredNone");
}

function skipped(why) {
  if (!why?.reason) return t("skippedBefore");
  const reason = t(`reason-${why.reason}`);
  return t("skippedBecause", { reason: why.note ? `${reason} (${why.note})` : reason });
}

// Some images come again because a reviewer wants to hear a second person.
function asked({ asked: questions = [] }) {
  const labels = [...new Set(questions.map((one) => one.label))].join(", ");
  return labels && t("secondOpinion", { labels });
}

/** Tell whether two sets of answers say the same. */
export function same(one, other) {
  return one.size === other.size && [...one].every(([label, value]) => other.get(label) === value);
}
