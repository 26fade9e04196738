// The labels in dispute of the image shown: which one the keys mean, and what was decided on each.
import { t } from "../strings.js";

export class Disputes {
  constructor(root) {
    this.root = root;
  }

  get all() {
    return [...this.root.querySelectorAll("[data-case] [data-dispute]")];
  }

  get current() {
    return this.all.find((each) => "current" in each.dataset);
  }

  /** What was decided so far: answers by label. */
  get decisions() {
    const decided = this.all.filter(({ dataset }) => dataset.answer);
    return Object.fromEntries(decided.map(({ dataset }) => [dataset.dispute, dataset.answer]));
  }

  /** Decide on a label: the one pointed at, or the one given; then point at the next that is open. */
  choose(answer, dispute = this.current) {
    if (!dispute) return;
    dispute.dataset.answer = answer;
    for (const button of dispute.querySelectorAll("[data-choose]"))
      button.setAttribute("aria-pressed", String(button.dataset.choose === answer));
    const said = dispute.querySelector(`[data-choose="${answer}"] span`).textContent;
    const label = dispute.querySelector("legend").textContent.trim();
    this.root.querySelector("[data-announce]").textContent = t("chosen", { label, answer: said });
    this.point(this.#open ?? dispute);
  }

  /** Let the keys mean a label; where none is given, the first that is open. */
  point(dispute = this.#open ?? this.all[0]) {
    for (const each of this.all) each.toggleAttribute("data-current", each === dispute);
    dispute?.scrollIntoView({ block: "nearest" });
  }

  /** Let the keys mean the label so many further down. */
  move(by) {
    const found = this.all[this.all.indexOf(this.current) + by];
    if (found) this.point(found);
  }

  get #open() {
    return this.all.find(({ dataset }) => !dataset.answer);
  }
}
