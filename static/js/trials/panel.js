// What can be tried before a training, with the settings of the page's form; what is found can be put into it.
import { behaviour } from "../behaviours.js";
import { csrfFetch, HttpError } from "../http.js";
import { t } from "../strings.js";
import { fitRate, onChart } from "./rate.js";

const POLL_MS = 400;

class Panel {
  #request = null;
  #url = "";

  constructor(root) {
    this.root = root;
    this.form = document.querySelector("form[data-recipe-form]");
    for (const name of ["said", "state", "progress", "result", "stop"])
      this[name] = root.querySelector(`[data-${name}]`);
    root.addEventListener("click", (event) => this.#clicked(event.target.closest("button")));
    root.addEventListener("loupe:chart", (event) => onChart(event, (rate) => this.#choose(rate)));
    this.form.addEventListener("change", () => this.#fit());
    this.#fit();
  }

  get recipe() {
    const field = this.form.elements.recipe;
    return field?.value ?? "";
  }

  // The quick recipe has no learning rate.
  #fit() {
    this.root.querySelector('[data-try="rate"]').hidden = this.recipe !== "finetune";
  }

  #clicked(button) {
    if (button?.dataset.try) this.#run(button.dataset.try);
    else if (button?.dataset.rate) this.#choose(button.dataset.rate);
    else if (button && button === this.stop) csrfFetch(`${this.#url}/cancel`, { method: "POST" });
  }

  #choose(rate) {
    const set = fitRate(this.form, rate);
    if (set) this.said.textContent = t("trialChosen", { rate });
  }

  async #run(what) {
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    const { signal } = request;
    this.#busy(true);
    this.said.textContent = t("trialBegins");
    try {
      const given = [...new FormData(this.form)].filter(([name]) => !["csrf_token", "recipe"].includes(name));
      const { url } = await csrfFetch(this.root.dataset.url, { json: { what, recipe: this.recipe, given }, signal });
      this.#url = url;
      this.stop.hidden = false;
      const html = await this.#waited(url, signal);
      const page = new DOMParser().parseFromString(html, "text/html");
      this.result.replaceChildren(document.importNode(page.querySelector("[data-trial-result]"), true));
      this.said.textContent = t("trialDone");
    } catch (error) {
      if (error.name !== "AbortError") this.said.textContent = error.message;
    } finally {
      if (this.#request === request) this.#busy(false);
    }
  }

  async #waited(url, signal) {
    for (;;) {
      await new Promise((done) => setTimeout(done, POLL_MS));
      const response = await fetch(url, { headers: { "HX-Request": "true" }, credentials: "same-origin", signal });
      if (response.status === 200) return response.text();
      if (!response.ok) throw new HttpError(t("failed", { status: response.status }), response.status);
      this.#tell(await response.json());
    }
  }

  #tell({ sentence, done, total }) {
    if (total > 0) {
      this.progress.max = total;
      this.progress.value = done;
    } else this.progress.removeAttribute("value");
    // A count that changes is for the eye: readers hear each stage once.
    if (this.said.textContent !== sentence) this.said.textContent = sentence;
    this.progress.title = total > 0 ? t("trialFar", { stage: sentence, done, total }) : "";
  }

  #busy(is) {
    this.state.hidden = !is;
    if (!is) this.stop.hidden = true;
    for (const button of this.root.querySelectorAll("[data-try]")) button.disabled = is;
  }
}

behaviour("[data-trials]", (root) => {
  if (document.querySelector("form[data-recipe-form]")) new Panel(root);
});
