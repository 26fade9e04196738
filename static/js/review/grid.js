// The grid: exceptions are taken out, the page is confirmed as one, and the next one is there. Saving follows behind.
import { HttpError } from "../http.js";
import { t } from "../strings.js";
import { toast } from "../toast.js";
import { Marks } from "./marks.js";
import { itemOf, Tiles } from "./tiles.js";
import { tellSaving, Verdicts } from "./verdicts.js";

export class Grid {
  #sent = new Map();
  #coming = new Map();

  constructor(root) {
    this.root = root;
    const { project, run, verdictUrl } = root.dataset;
    const { account } = JSON.parse(root.dataset.desk);
    this.marks = new Marks(account, run);
    this.tiles = new Tiles(root, this.marks);
    this.verdicts = new Verdicts({
      account,
      project,
      run,
      url: verdictUrl,
      onChange: (left, trouble) => this.#changed(left, trouble),
      onSaved: () => this.#refresh(),
    });
    root.querySelector("[data-mode]").value = this.marks.mode;
    this.#settle();
  }

  get page() {
    return this.root.querySelector("[data-grid-page]");
  }

  get number() {
    return Number(this.page.dataset.gridPage);
  }

  /** Give all verdicts of this page as one, and show the next page. */
  confirm() {
    const { verdicts } = this.tiles;
    // A page is confirmed once, be the key pressed again before the next page is there.
    if (verdicts.length === 0 || "confirmed" in this.page.dataset) {
      toast(t("gridNothing"), "info");
      return;
    }
    const items = this.tiles.all.filter((tile) => tile.dataset.state !== "open").map(itemOf);
    const marks = items.map((item) => [item, this.marks.of(item)]).filter(([, state]) => state);
    const key = this.verdicts.givePage(verdicts, {
      list: this.root.dataset.listKind,
      grid: this.number,
      marks,
    });
    this.#sent.set(key, items);
    this.page.dataset.confirmed = "";
    toast(t("gridConfirmed", { count: verdicts.length }), "success");
    if (this.number < Number(this.page.dataset.pages)) this.go(this.number + 1);
    else toast(t("gridEnd"), "info");
  }

  async undo() {
    const last = await this.verdicts.undo();
    toast(t(last ? "gridUndone" : "reviewNothingToUndo"), "info");
    for (const [item, state] of last?.marks ?? []) this.marks.set(item, state);
    if (last?.grid && last.grid !== this.number) await this.go(last.grid);
    // What was taken back before this page was fetched does not come by itself.
    if (last && this.verdicts.saver.operations.length === 0) this.#refresh();
  }

  /** Show another page. */
  async go(number) {
    try {
      this.#show(await this.#get(number));
      scrollTo({ top: 0 });
    } catch (error) {
      toast(error.message, "error");
    }
  }

  look() {
    this.tiles.focused?.querySelector("[data-look]").click();
  }

  // Others judge too, and what was just saved is to be seen.
  async #refresh() {
    this.#coming.clear();
    const { number } = this;
    const focused = this.tiles.focused && itemOf(this.tiles.focused);
    try {
      const fresh = await this.#get(number);
      if (this.number !== number) return;
      this.#show(fresh);
      const tile = this.tiles.all.find((each) => itemOf(each) === focused);
      tile?.querySelector("[data-tile-button]").focus({ preventScroll: true });
    } catch {
      // The page is saved; what the screen shows of it comes with the next one.
    }
  }

  #show(page) {
    this.#coming.clear();
    this.page.replaceWith(page);
    history.replaceState(null, "", `${page.dataset.address}&page=${page.dataset.gridPage}`);
    this.#settle();
  }

  #settle() {
    this.tiles.draw();
    if (this.number < Number(this.page.dataset.pages)) this.#get(this.number + 1).catch(() => {});
  }

  #get(number) {
    const known = this.#coming.get(number);
    if (known) return known;
    const coming = fetchPage(`${this.page.dataset.address}&page=${number}`);
    this.#coming.set(number, coming);
    coming.catch(() => this.#coming.delete(number));
    return coming;
  }

  // A mark is forgotten when the server has what it stood for, and not before.
  #changed(left, trouble) {
    const waiting = new Set(this.verdicts?.saver.operations.map((one) => one.id));
    for (const [key, items] of this.#sent) {
      if (waiting.has(key)) continue;
      this.#sent.delete(key);
      if (this.verdicts.refused.has(key)) delete this.page.dataset.confirmed;
      else this.marks.forget(items);
    }
    tellSaving(this.root.querySelector("[data-saving]"), left, trouble);
  }
}

async function fetchPage(address) {
  const response = await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" }).catch(() => {
    throw new HttpError(t("noAnswer"), 0);
  });
  if (response.status === 401) throw new HttpError(t("signInAgain"), 401);
  if (!response.ok) throw new HttpError(t("failed", { status: response.status }), response.status);
  const parsed = new DOMParser().parseFromString(await response.text(), "text/html");
  return document.importNode(parsed.querySelector("[data-grid-page]"), true);
}
