// Asks the server how the tiles of an image lie, and has them made where they are not there.
import { csrfFetch } from "../http.js";

const POLL_MS = 400;
// A large scan takes some seconds; where others wait before it, somebody who still looks after this long asks anew.
const PATIENCE_MS = 120_000;

const soon = () => new Promise((done) => setTimeout(done, POLL_MS));

/** Tell how the tiles lie if they are there; nothing is made. */
export async function peek(url, signal) {
  const found = await csrfFetch(url, { signal });
  return found.status === "ready" ? found : null;
}

/** Wait until the tiles are there; `say` is told why one has to wait. Gives null where there will be none. */
export async function describe(url, { signal, say }) {
  let found = await csrfFetch(url, { signal });
  if (found.status === "none") found = await csrfFetch(url, { method: "POST", signal });
  const until = Date.now() + PATIENCE_MS;
  while (found.status === "waiting" && Date.now() < until) {
    say(found.sentence);
    await soon();
    found = await csrfFetch(url, { signal });
  }
  say(found.status === "ready" ? "" : found.sentence);
  return found.status === "ready" ? found : null;
}
