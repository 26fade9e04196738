// Keeps the images at hand reserved while the desk is open, and gives them back when it is left.
import { csrfFetch } from "../http.js";

/**
 * @param {{api: string, seconds: number, ids: () => number[], onLost: (ids: number[]) => void}} desk
 */
export function keepClaims({ api, seconds, ids, onLost }) {
  async function renew() {
    const wanted = ids();
    if (wanted.length === 0) return;
    try {
      const { held } = await csrfFetch(`${api}/renew`, { json: { image_ids: wanted } });
      const kept = new Set(held);
      onLost(wanted.filter((id) => !kept.has(id)));
    } catch (error) {
      // The next round tries again; an answer is kept even where the claim has run out.
      if (!error.status && error.name !== "HttpError") throw error;
    }
  }

  // Three times within a claim's life, so that one lost request does not end it.
  setInterval(renew, (seconds * 1000) / 3);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && renew());
  addEventListener("pagehide", () => release(api, ids()));
  // A page that comes back from the browser's memory has given its images away.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}

/** Give images back; kept alive, the request outlives the page. */
export function release(api, imageIds) {
  if (imageIds.length === 0) return;
  csrfFetch(`${api}/release`, { json: { image_ids: imageIds }, keepalive: true }).catch(() => {
    // Claims that cannot be given back run out by themselves.
  });
}
