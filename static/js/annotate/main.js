// Starts the annotator's desk and ties its parts together.
import { csrfFetch } from "../http.js";
import { keepClaims, release } from "./claims.js";
import { Desk } from "./desk.js";
import { Feed } from "./feed.js";
import { bindKeys } from "./keys.js";
import { Labels } from "./labels.js";
import { Outbox } from "./outbox.js";
import { Pace } from "./pace.js";
import { Preloader } from "./preloader.js";
import { Saver } from "./saver.js";
import { entryOf, Timeline } from "./timeline.js";
import { renewToken } from "./token.js";
import { Unsaved } from "./unsaved.js";
import { View } from "./view.js";
import { Zoom } from "./zoom.js";

const KEPT_DEFINITIONS = "loupe-definitions";
const root = document.querySelector("[data-desk]");
const { account, project, api, claimSeconds } = JSON.parse(root.dataset.desk);
const find = (name) => root.querySelector(`[data-${name}]`);

const timeline = new Timeline();
const zoom = new Zoom(find("ground"));
const preloader = new Preloader();
const view = new View(root, { preloader, zoom });
const labels = new Labels(find("labels"), {
  source: find("source"),
  shown: find("definition-shown"),
  onChange: () => desk.chosen(),
});
const unsaved = new Unsaved(root, {
  onOpen: (operation) => desk.openAgain(operation),
  onDiscard: ({ id }) => saver.discard(id),
});
const saver = new Saver(new Outbox(account, project), {
  renew: () => renewToken(account),
  onChange: (now) => unsaved.show(now),
});
const feed = new Feed({
  api,
  account,
  queued: () => timeline.queue.length,
  // In the round of the skipped ones, those that were skipped again do not come up a second time.
  held: () => [...new Set([...queuedIds(), ...saver.imageIds, ...(feed.skipped ? timeline.roundIds : [])])].slice(-200),
  take: (items) => timeline.add(items.map((item) => entryOf(item))),
  // What is still under way counts as tagged, as the annotator sees it.
  pending: () => saver.operations.filter((operation) => operation.kind === "submit").length,
  skipping: () => saver.operations.filter((operation) => operation.kind === "skip").length,
  onChange: () => desk.show(),
});
const desk = new Desk({ api, timeline, view, labels, saver, feed, preloader, pace: new Pace() });

const queuedIds = () => timeline.queue.map((entry) => entry.item.id);

const acts = {
  submit: () => desk.submit(),
  none: () => desk.none(),
  skip: () => desk.skip(),
  back: () => desk.step(-1),
  forward: () => desk.step(1),
  undo: () => desk.undo(),
  "zoom-in": () => zoom.in(),
  "zoom-out": () => zoom.out(),
  "zoom-fit": () => zoom.fit(),
  "zoom-true": () => zoom.toggle(),
  "full-screen": () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen()),
  definitions: () => define(find('act="definitions"').getAttribute("aria-pressed") !== "true"),
  "save-now": () => saver.now(),
  "look-again": () => feed.look(),
  "show-skipped": () => choose(true),
  "show-new": () => choose(false),
};

root.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.act) acts[button.dataset.act]();
  // After a click the keys belong to the image again; whoever goes by Tab keeps their place.
  if (button && event.detail > 0 && !button.hasAttribute("popovertarget"))
    find("ground").focus({ preventScroll: true });
});
for (const choice of root.querySelectorAll("[data-order], [data-skipped]")) {
  choice.addEventListener("change", () => choose(find("skipped").checked));
}
bindKeys({ labels, zoom, act: (name) => acts[name]() });

async function choose(skipped) {
  find("skipped").checked = skipped;
  const gone = timeline.startRound(desk.isTouched ? timeline.queue[0] : null);
  release(api, gone);
  desk.show();
  await feed.restart({ order: root.querySelector("[data-order]:checked").value, skipped });
}

function define(open) {
  labels.define(open);
  find('act="definitions"').setAttribute("aria-pressed", String(open));
  try {
    localStorage.setItem(KEPT_DEFINITIONS, open ? "open" : "");
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

async function remember() {
  const past = await csrfFetch(`${api}/history`).catch(() => ({ items: [] }));
  const saved = past.items.reverse().map((item) => entryOf(item, item.answers));
  const unsent = saver.operations.filter((operation) => operation.kind === "submit" && !operation.refused);
  timeline.remember([...saved, ...unsent.map(({ item, body }) => entryOf(item, body.answers))]);
  desk.show();
}

keepClaims({ api, seconds: claimSeconds, ids: queuedIds, onLost: (ids) => ids.length > 0 && desk.lost(ids) });
try {
  if (localStorage.getItem(KEPT_DEFINITIONS)) define(true);
} catch {
  define(false);
}
// What is still unsaved comes first: its images are not to come up a second time.
await saver.resume();
await feed.look();
feed.count();
await remember();
