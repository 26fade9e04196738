// Small choices that this browser remembers; one that keeps nothing asks again next time.

/** Give what was kept under a name, or an empty text. */
export function recall(name) {
  try {
    return localStorage.getItem(name) ?? "";
  } catch {
    return "";
  }
}

/** Keep a text under a name. */
export function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A private window or a full disk: the choice holds as long as the page.
  }
}
