// Fetches the counts of labels shortly before they come into sight, several in one request.
import { csrfFetch } from "../http.js";
import { toast } from "../toast.js";

// As many cards as a large screen shows with some to spare; a request for them takes a fraction of a second.
const AT_ONCE = 10;
const AHEAD = "900px";

/** Call `onData(card, data)` once for each card, when it comes near the screen. */
export function loadWhenNear(cards, url, onData) {
  const waiting = new Map();
  let busy = false;

  const next = async () => {
    if (busy || waiting.size === 0) return;
    busy = true;
    const taken = [...waiting.keys()].slice(0, AT_ONCE);
    try {
      const { labels } = await csrfFetch(`${url}?labels=${taken.join(",")}`);
      for (const data of labels) {
        onData(waiting.get(data.id), data);
        waiting.delete(data.id);
      }
    } catch (error) {
      toast(error.message, "error");
      for (const id of taken) observer.observe(waiting.get(id));
      waiting.clear();
    } finally {
      busy = false;
    }
    next();
  };

  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries.filter((each) => each.isIntersecting)) {
        observer.unobserve(entry.target);
        waiting.set(Number(entry.target.dataset.thresholdCard), entry.target);
      }
      next();
    },
    { rootMargin: AHEAD },
  );
  for (const card of cards) observer.observe(card);
}
