// Verdicts on the images at a cut: marked at once, saved behind, kept in this browser until the server has them.
import { newKey, Outbox } from "../annotate/outbox.js";
import { Saver } from "../annotate/saver.js";
import { renewToken } from "../annotate/token.js";
import { t } from "../strings.js";
import { toast } from "../toast.js";

const LIST_KIND = "thresholds";

export class Judging {
  constructor(root) {
    const { project, run, verdicts } = root.dataset;
    const { account } = JSON.parse(root.dataset.desk);
    this.url = verdicts;
    this.said = root.querySelector("[data-saving]");
    this.saver = new Saver(new Outbox(`thresholds-${account}`, `${project}-${run}`), {
      onChange: () => this.#changed(),
      renew: () => renewToken(account),
    });
    this.saver.resume();
    root.addEventListener("click", (event) => this.#click(event));
  }

  /** Mark what was judged a moment ago and is still on its way. */
  mark(place) {
    for (const { kind, body } of this.saver.operations) {
      const image = kind === "verdict" && place.querySelector(`[data-cut-image="${body.image_id}"]`);
      if (image && this.#label(image) === body.label_id) this.#show(image, body.verdict, body.client_key);
    }
  }

  #click(event) {
    const image = event.target.closest("[data-cut-image]");
    if (!image) return;
    const judged = event.target.closest("[data-judge]");
    if (judged) this.#judge(image, judged.dataset.judge);
    else if (event.target.closest("[data-undo]")) this.#undo(image);
  }

  #judge(image, verdict) {
    const key = newKey();
    const id = Number(image.dataset.cutImage);
    const body = { image_id: id, label_id: this.#label(image), verdict, client_key: key, list_kind: LIST_KIND };
    this.saver.add({ id: key, kind: "verdict", url: this.url, body, item: { id } });
    this.#show(image, verdict, key);
    image.querySelector("[data-undo]").focus();
  }

  #undo(image) {
    const body = { client_key: image.dataset.ownKey };
    this.saver.add({ id: newKey(), kind: "undo", url: `${this.url}/undo`, body, item: { id: 0 } });
    image.dataset.ownKey = "";
    image.querySelector("[data-said]").replaceChildren();
    image.querySelector("[data-judge]").focus();
  }

  #show(image, verdict, key) {
    image.dataset.ownKey = key;
    const badge = document.createElement("span");
    badge.className = `badge verdict verdict--${verdict}`;
    badge.textContent = t(`verdict_${verdict}`);
    const undo = document.createElement("button");
    Object.assign(undo, { type: "button", className: "button button--small button--quiet" });
    undo.dataset.undo = "";
    undo.textContent = t("verdict_undo");
    image.querySelector("[data-said]").replaceChildren(badge, " ", undo);
  }

  #label(image) {
    return Number(image.closest("[data-threshold-card]").dataset.thresholdCard);
  }

  #changed() {
    for (const refused of this.saver.refused) {
      toast(t("thresholdRefused", { why: refused.refused }), "error");
      this.#takeBack(refused.id);
      this.saver.discard(refused.id);
    }
    const count = this.saver.operations.length;
    const { trouble } = this.saver;
    if (trouble) this.said.textContent = t("thresholdUnsaved", { count, why: trouble });
    else this.said.textContent = count ? t("thresholdSaving") : t("thresholdSaved");
    this.said.classList.toggle("visually-hidden", !trouble);
    this.said.toggleAttribute("data-trouble", Boolean(trouble));
  }

  #takeBack(key) {
    const image = document.querySelector(`[data-own-key="${key}"]`);
    image?.querySelector("[data-said]").replaceChildren();
  }
}
