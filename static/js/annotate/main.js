// Starts the annotator's desk and ties its parts together.
import { csrfFetch } from "../http.js";
import { t } from "../strings.js";
import { About } from "./about.js";
import { actsOf } from "./acts.js";
import { Chips } from "./chips.js";
import { keepClaims } from "./claims.js";
import { Comments } from "./comments.js";
import { Definitions } from "./definitions.js";
import { Desk } from "./desk.js";
import { Feed } from "./feed.js";
import { Guide } from "./guide.js";
import { bindKeys } from "./keys.js";
import { Labels } from "./labels.js";
import { Notices } from "./notices.js";
import { Orders } from "./orders.js";
import { Outbox } from "./outbox.js";
import { Pace } from "./pace.js";
import { Picture } from "./picture.js";
import { Preloader } from "./preloader.js";
import { Reasons } from "./reasons.js";
import { Refresh } from "./refresh.js";
import { Saver } from "./saver.js";
import { Search } from "./search.js";
import { difference } from "./suggestions.js";
import { hearSweeps } from "./swipe.js";
import { entryOf, Timeline } from "./timeline.js";
import { renewToken } from "./token.js";
import { Unsaved } from "./unsaved.js";
import { View } from "./view.js";
import { Zoom } from "./zoom.js";

const root = document.querySelector("[data-desk]");
const { account, project, api, claimSeconds, question } = JSON.parse(root.dataset.desk);
const find = (name) => root.querySelector(`[data-${name}]`);
const button = (name) => find(`act="${name}"`);
const ground = find("ground");
const toImage = () => ground.focus({ preventScroll: true });

const timeline = new Timeline();
const zoom = new Zoom(ground);
const preloader = new Preloader();
const about = new About({ panel: find("about"), button: button("about") });
const picture = new Picture(root, { ground, zoom, announce: (words) => view.announce(words) });
const view = new View(root, { preloader, picture, about });
const definitions = new Definitions(find("labels"), { shown: find("definition-shown"), button: button("definitions") });
const labels = new Labels(find("labels"), {
  source: find("source"),
  onChange: (before) => desk.chosen(before),
  onShow: () => chips.show(),
});
const chips = new Chips(find("chips"), { labels });
const notices = new Notices(find("notices"));
const unsaved = new Unsaved(root, {
  onOpen: ({ kind, id, item, body, ...rest }) => {
    if (kind === "comment") comments.open(item, body.text);
    if (kind === "comment") saver.discard(id);
    else desk.openAgain({ id, item, body, ...rest });
  },
  onDiscard: ({ id }) => saver.discard(id),
});
const saver = new Saver(new Outbox(account, project), {
  renew: () => renewToken(account),
  onChange: (now) => unsaved.show(now),
  onSaved: (operation, answer) => saved(operation, answer ?? {}),
});
const waiting = (kind) => saver.operations.filter((operation) => operation.kind === kind).length;
const queued = () => timeline.queue.map((entry) => entry.item.id);
const feed = new Feed({
  api,
  account,
  question,
  queued: () => timeline.queue.length,
  // In the round of the skipped ones, those that were skipped again do not come up a second time.
  held: () =>
    [...new Set([...queued(), ...saver.imageIds, ...(feed.wish.skipped ? timeline.roundIds : [])])].slice(-200),
  take: (items) => timeline.add(items.map((item) => entryOf(item))),
  saver,
  pending: () => waiting("submit"),
  skipping: () => waiting("skip"),
  onLabels: (digest) => refresh.hear(digest),
  onChange: () => desk.show(),
});
const desk = new Desk({ api, timeline, view, labels, saver, feed, preloader, pace: new Pace() });
const orders = new Orders(root, { api, account, project, timeline, feed, desk });
new Reasons(find("reasons"), { give: (skip) => desk.skip(skip), leave: toImage });
const comments = new Comments(find("comment"), {
  project: api.replace(/\/annotate$/, ""),
  saver,
  onSent: () => view.hint(t("commented")),
});
const refresh = new Refresh(find("labels"), { labels, definitions, say: (sentence) => notices.say(sentence) });
const guide = find("guide") && new Guide(find("guide"), { address: `/projects/${project}/guide` });
const search = new Search(find("find"), {
  none: find("no-label"),
  labels,
  submit: () => desk.submit(),
  leave: toImage,
  announce: (words) => view.announce(words),
});

// Who goes back before the past is here is brought there once it is.
const { promise: past, resolve: pastIsHere } = Promise.withResolvers();
const back = () => past.then(() => desk.step(-1));
const parts = { root, back, desk, timeline, zoom, picture, about, definitions, saver, feed, orders };
const acts = actsOf({ ...parts, comments, search, guide });

root.addEventListener("click", (event) => {
  const pressed = event.target.closest("button");
  if (pressed?.dataset.act && !pressed.hasAttribute("popovertarget")) acts[pressed.dataset.act]();
  // After a click the keys belong to the image again; whoever goes by Tab keeps their place.
  if (
    pressed &&
    event.detail > 0 &&
    !pressed.closest("dialog, [popover]") &&
    !root.querySelector(":popover-open, :modal")
  )
    toImage();
});
bindKeys({ root, labels, zoom, act: (name) => acts[name]() });
hearSweeps(ground, { isZoomed: () => zoom.isZoomed, next: () => desk.next(), back });

function saved({ item }, { notices: said = [], suggestions = [] }) {
  for (const sentence of said) notices.say(sentence);
  // Most of what is told is about labels: the rows on the screen may be those of before.
  if (said.length > 0) refresh.look();
  const entry = timeline.past.find((one) => one.item.id === item.id);
  if (suggestions.length === 0 || !entry) return;
  entry.item.suggestions = suggestions;
  view.note(difference(entry, (id) => labels.rows.get(id)?.dataset.name));
  desk.show();
}

async function remember() {
  const answer = await csrfFetch(`${api}/history`).catch(() => ({ items: [] }));
  const before = answer.items.reverse().map((item) => entryOf(item, item.answers));
  const unsent = saver.operations.filter((operation) => operation.kind === "submit" && !operation.refused);
  timeline.remember([...before, ...unsent.map(({ item, body }) => entryOf(item, body.answers))]);
}

keepClaims({ api, seconds: claimSeconds, ids: queued, onLost: (ids) => ids.length > 0 && desk.lost(ids) });
// What is still unsaved comes first: its images are not to come up a second time.
await saver.resume();
await feed.look();
feed.count();
// The labels of an earlier answer are not asked here, so that there is nothing to go back to.
if (question === null) await remember();
timeline.pastIsComing = false;
desk.show();
pastIsHere();
