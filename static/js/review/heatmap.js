// Where the network looks: lays the map over the image, asks for it where there is none, and stays on for the next image.
import { behaviour } from "../behaviours.js";
import { csrfFetch } from "../http.js";
import { t } from "../strings.js";

const POLL_MS = 500;
const PATIENCE_MS = 60_000;
// A question may be dropped on the server when somebody hurries on; more often than that something else is wrong.
const MOST_QUESTIONS = 3;
const KEPT = "loupe-heatmap";

const soon = () => new Promise((done) => setTimeout(done, POLL_MS));

let isOn = read() === "on";
let shown = null;

/** Show where the network looks, or stop showing it. */
export function toggle() {
  isOn = !isOn;
  keep(isOn ? "on" : "off");
  apply();
}

export function apply() {
  const stage = document.querySelector("[data-heatmap]");
  for (const button of document.querySelectorAll("[data-heatmap-toggle]")) button.setAttribute("aria-pressed", isOn);
  if (shown && (!isOn || shown.stage !== stage || shown.url !== stage.dataset.url)) {
    shown.end();
    shown = null;
    say("");
  }
  if (!isOn || !stage) return;
  shown ??= new Heatmap(stage);
  say(shown.sentence, shown.isThere);
}

class Heatmap {
  #ended = new AbortController();
  #watch = null;
  sentence = "";
  isThere = false;

  constructor(stage) {
    this.stage = stage;
    this.url = stage.dataset.url;
    this.following = (stage.dataset.also ?? "").split(",").filter(Boolean);
    this.#run();
  }

  /** Take the map away, and wait for nothing any more. */
  end() {
    this.#ended.abort();
    this.#watch?.disconnect();
    this.stage.querySelector(".heatmap")?.remove();
  }

  async #run() {
    const until = Date.now() + PATIENCE_MS;
    try {
      let found = await this.#ask(this.url, this.following);
      for (let questions = 1; found.status === "waiting" && Date.now() < until; ) {
        this.#tell(found.sentence);
        await soon();
        found = await this.#look();
        if (found.status === "none" && questions++ < MOST_QUESTIONS) {
          found = await this.#ask(this.url, this.following);
        }
      }
      if (found.status === "ready") {
        await this.#lay();
        await this.#prepare();
      } else this.#tell(found.status === "waiting" ? t("mapSlow") : found.sentence);
    } catch (error) {
      if (!this.#ended.signal.aborted) this.#tell(error.message);
    }
  }

  // How far the map is, as the server says it.
  async #look() {
    const response = await fetch(this.url, { credentials: "same-origin", signal: this.#ended.signal });
    if (response.status === 200) return { status: "ready" };
    const said = (response.headers.get("content-type") ?? "").includes("json") ? await response.json() : {};
    return said.status ? said : { status: "failed", sentence: said.error?.sentence ?? "" };
  }

  async #lay() {
    const picture = this.stage.querySelector("[data-picture]");
    const map = Object.assign(new Image(), { className: "heatmap", alt: "", draggable: false, src: this.url });
    await map.decode();
    if (this.#ended.signal.aborted) return;
    // Enlarged and moved together with the image.
    const follow = () => map.style.setProperty("transform", picture.style.transform);
    this.#watch = new MutationObserver(follow);
    this.#watch.observe(picture, { attributes: true, attributeFilter: ["style"] });
    follow();
    picture.after(map);
    this.isThere = true;
    this.#tell(t("mapShown"));
  }

  // The next image's map is made, and fetched, while this one is looked at.
  async #prepare() {
    const [next, ...rest] = this.following;
    if (!next) return;
    const url = `${this.url.split("/maps/")[0]}/maps/${next.replace("-", "/")}`;
    const asked = await this.#ask(url, rest);
    if (asked.status === "ready") new Image().src = url;
  }

  #ask(url, following) {
    const also = following.length > 0 ? `?also=${following.join(",")}` : "";
    return csrfFetch(`${url}${also}`, { method: "POST", signal: this.#ended.signal });
  }

  #tell(sentence) {
    this.sentence = sentence;
    if (shown === this) say(sentence, this.isThere);
  }
}

function say(sentence, isThere = false) {
  for (const line of document.querySelectorAll("[data-heatmap-status]")) {
    if (line.textContent !== sentence) line.textContent = sentence;
    line.toggleAttribute("data-shown", isThere);
  }
}

function read() {
  try {
    return sessionStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function keep(value) {
  try {
    sessionStorage.setItem(KEPT, value);
  } catch {
    // It stays on as long as the page does.
  }
}

behaviour("[data-heatmap]", apply);
behaviour("[data-heatmap-toggle]", (button) => {
  button.addEventListener("click", toggle);
  apply();
});
