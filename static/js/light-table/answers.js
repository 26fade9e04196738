// Answers on one label for many images: sent in parts behind the person's back, undone and done again as one step.
import { newKey, Outbox } from "../annotate/outbox.js";
import { Saver } from "../annotate/saver.js";
import { renewToken } from "../annotate/token.js";
import { t } from "../strings.js";
import { toast } from "../toast.js";
import { Steps } from "./steps.js";

export class Answers {
  // Images of the parts sent so far that nobody answered for: others have them, or they were left out of the project.
  #others = 0;
  #passed = 0;

  /**
   * `onChange(left, trouble)` hears how saving stands, `onRefused(ids)` which images were not answered for after all;
   * `question` is the label that is asked again of what is taken back.
   */
  constructor({ account, project, api, part, question, onChange, onRefused }) {
    Object.assign(this, { api, part, question, onChange, onRefused });
    this.steps = new Steps(`${account}-${project}-${question ?? "free"}`);
    // Apart from the desk's, which shares the store.
    this.saver = new Saver(new Outbox(`table-${account}`, project), {
      onChange: () => this.#changed(),
      onSaved: (_operation, answer) => this.#saved(answer),
      renew: () => renewToken(account),
    });
    this.saver.resume();
  }

  /** Save a step: {label, version, answers: [[id, value]]}, with whatever else is needed to go back. */
  give(step) {
    this.#send(step);
    this.steps.add(step);
  }

  /** Take the last step back; gives it, or null where there is none. */
  undo() {
    const step = this.steps.back();
    if (!step) return null;
    for (const part of this.#parts(step.answers)) {
      const ids = part.map(([id]) => id);
      this.#add("undo", "undo", { batch_key: step.key, image_ids: ids, question: this.question }, ids[0]);
    }
    return step;
  }

  /** Do the step again that was undone last; gives it, or null. */
  redo() {
    const step = this.steps.forth();
    if (!step) return null;
    // A key counts once: done again, it needs another.
    this.#send(step);
    this.steps.again(step);
    return step;
  }

  #send(step) {
    step.key = newKey();
    for (const part of this.#parts(step.answers)) {
      const body = {
        batch_key: step.key,
        label_id: step.label,
        version: step.version,
        present: [],
        absent: [],
        unsure: [],
      };
      for (const [id, value] of part) body[value].push(id);
      this.#add("answers", "answers", body, part[0][0]);
    }
  }

  #add(kind, path, body, first) {
    this.saver.add({ id: newKey(), kind, url: `${this.api}/${path}`, body, item: { id: first } });
  }

  #parts(answers) {
    const parts = [];
    for (let start = 0; start < answers.length; start += this.part) parts.push(answers.slice(start, start + this.part));
    return parts;
  }

  // Told once for all parts of a step: a large one has hundreds.
  #saved({ others = [], passed = 0 }) {
    this.#others += others.length;
    this.#passed += passed;
    if (this.saver.operations.length > 0) return;
    if (this.#others) toast(t("tableOthers", { count: this.#others.toLocaleString() }), "warn");
    if (this.#passed) toast(t("tablePassed", { count: this.#passed.toLocaleString() }), "warn");
    this.#others = 0;
    this.#passed = 0;
  }

  #changed() {
    for (const refused of this.saver.refused) {
      toast(t("tableRefused", { why: refused.refused }), "error");
      this.saver.discard(refused.id);
      this.onRefused(imagesOf(refused.body));
    }
    const images = this.saver.operations.reduce((sum, { body }) => sum + imagesOf(body).length, 0);
    this.onChange(images, this.saver.trouble);
  }
}

function imagesOf({ present = [], absent = [], unsure = [], image_ids: ids = [] }) {
  return [...present, ...absent, ...unsure, ...ids];
}

/** Say on a line how saving stands. */
export function tellSaving(line, left, trouble) {
  line.toggleAttribute("data-trouble", Boolean(left && trouble));
  if (!left) line.textContent = line.textContent && t("tableSaved");
  else
    line.textContent = trouble ? t("tableUnsaved", { count: left.toLocaleString(), why: trouble }) : t("tableSaving");
}
