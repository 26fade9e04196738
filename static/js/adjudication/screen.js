// The adjudication screen: one image at a time, settled label by label, saved behind the reviewer's back.
import { newKey, Outbox } from "../annotate/outbox.js";
import { Saver } from "../annotate/saver.js";
import { renewToken } from "../annotate/token.js";
import { Zoom } from "../annotate/zoom.js";
import { tellSaving } from "../review/verdicts.js";
import { t } from "../strings.js";
import { toast } from "../toast.js";
import { Cases, idOf } from "./cases.js";
import { Disputes } from "./disputes.js";

export class Adjudication {
  #done = [];
  #passed = [];
  #zooms = new WeakMap();
  #busy = false;

  constructor(root) {
    this.root = root;
    this.desk = JSON.parse(root.dataset.desk);
    this.disputes = new Disputes(root);
    this.saver = new Saver(new Outbox(`adjudicate-${this.desk.account}`, `${this.desk.project}`), {
      onChange: () => this.#saving(),
      onSaved: () => this.cases.reopen(),
      renew: () => renewToken(this.desk.account),
    });
    this.cases = new Cases({
      ...this.desk,
      shown: () => (this.shown ? [idOf(this.shown)] : []),
      unwanted: () => [...this.#onTheirWay(), ...this.#passed.map(idOf)],
      onStanding: (found) => this.#stands(found),
    });
    const kept = Number(new URLSearchParams(location.search).get("image"));
    this.saver.resume().then(() => this.#step(() => this.cases.next(kept || null)));
  }

  get shown() {
    return this.root.querySelector("[data-case]");
  }

  write() {
    this.shown?.querySelector("[data-reason]")?.focus();
  }

  /** Save what was decided on this image, and go on. */
  save() {
    const element = this.shown;
    const { decisions } = this.disputes;
    if (!element || this.#busy) return;
    if (Object.keys(decisions).length === 0) {
      toast(t("decideFirst"), "info");
      return;
    }
    const key = newKey();
    const { value: reason } = element.querySelector("[data-reason]");
    const body = { image_id: idOf(element), decisions, client_key: key, reason, known: Number(element.dataset.known) };
    this.#done.push({ key, element });
    this.#send("decide", key, element, body);
    this.#forwards();
  }

  /** Leave this image for later, and to others meanwhile. */
  pass() {
    if (!this.shown || this.#busy) return;
    this.#passed.push(this.shown);
    this.cases.release([idOf(this.shown)]);
    this.#forwards();
  }

  back() {
    const before = this.#passed.pop();
    if (!before) toast(t("nothingBefore"), "info");
    else this.#return(before);
  }

  /** Take the last decision back, and show its image again. */
  undo() {
    const last = this.#done.pop();
    if (!last) {
      toast(t("nothingToUndo"), "info");
      return;
    }
    this.#send("undo", newKey(), last.element, { client_key: last.key });
    toast(t("undone"), "info");
    this.#return(last.element);
  }

  #send(kind, id, element, body) {
    this.saver.add({ id, kind, url: `${this.desk.api}/${kind}`, body, item: { id: idOf(element) } });
  }

  #return(element) {
    if (this.shown) this.cases.putBack(this.shown);
    this.#show(element);
  }

  #forwards() {
    const here = this.cases.ready();
    if (here) this.#show(here);
    else this.#step(() => this.cases.next());
  }

  async #step(find) {
    this.#busy = true;
    try {
      this.#show(await find());
    } catch (error) {
      toast(error.message, "error");
    } finally {
      this.#busy = false;
    }
  }

  #show(element) {
    const place = this.root.querySelector("[data-cases]");
    const hadFocus = place.contains(document.activeElement);
    place.replaceChildren(...(element ? [element] : []));
    this.root.querySelector("[data-none]").hidden = Boolean(element);
    // The place is kept through a reload, and one step back leaves the screen instead of going through its images.
    const address = new URL(location);
    address.searchParams.delete("image");
    if (element) address.searchParams.set("image", idOf(element));
    history.replaceState(null, "", address);
    if (!element) return;
    const stage = element.querySelector("[data-stage]");
    if (!this.#zooms.has(stage)) this.#zooms.set(stage, new Zoom(stage));
    this.zoomed = this.#zooms.get(stage);
    this.zoomed.fit();
    this.disputes.point();
    if (hadFocus) stage.focus({ preventScroll: true });
  }

  #onTheirWay() {
    return this.saver.operations.filter(({ kind }) => kind === "decide").map(({ item }) => item.id);
  }

  #saving() {
    for (const refused of this.saver.refused) {
      toast(t("reviewRefused", { why: refused.refused }), "error");
      this.#done = this.#done.filter(({ key }) => key !== refused.id);
      this.saver.discard(refused.id);
    }
    tellSaving(this.root.querySelector("[data-saving]"), this.saver.operations.length, this.saver.trouble);
  }

  #stands(found) {
    const name = found.elsewhere ? "standingElsewhere" : "standing";
    this.root.querySelector("[data-standing]").textContent = t(name, found);
  }
}
