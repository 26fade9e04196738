// Brings the review screen to life: what is clicked, and what the keys do.
import { behaviour } from "../behaviours.js";
import { bindKeys } from "./keys.js";
import { Review } from "./screen.js";

const ACTIONS = {
  judge: (review, verdict) => review.judge(verdict),
  undo: (review) => review.undo(),
  go: (review, by) => review.step(Number(by)),
  to: (review, position) => review.go(Number(position)),
  blindToggle: (review) => review.blind.toggle(),
  blindAnswer: (review, answer) => review.blind.answer(answer),
  commentSend: (review) => review.comments.send(),
  commentRemove: (review, id) => review.comments.remove(id),
};
const SELECTOR = Object.keys(ACTIONS)
  .map((name) => `[data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}]`)
  .join(", ");

function click(review, event) {
  const target = event.target.closest(SELECTOR);
  if (!target || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const name = Object.keys(ACTIONS).find((each) => each in target.dataset);
  ACTIONS[name](review, target.dataset[name]);
}

behaviour("[data-review]:has([data-place])", (root) => {
  const review = new Review(root);
  root.addEventListener("click", (event) => click(review, event));
  bindKeys(review);
});
