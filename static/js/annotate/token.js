// A form token belongs to a sign-in: whoever signs in anew in another tab needs a new one here.
import { t } from "../strings.js";

/** Fetch this page again for its form token: true, or a sentence that says why there is none for this person. */
export async function renewToken(account) {
  let page;
  try {
    const response = await fetch(location.pathname, { credentials: "same-origin" });
    if (response.redirected) return t("signInAgain");
    page = new DOMParser().parseFromString(await response.text(), "text/html");
  } catch {
    return t("silent");
  }
  const desk = page.querySelector("[data-desk]");
  const token = page.querySelector('meta[name="csrf-token"]')?.content;
  if (desk && JSON.parse(desk.dataset.desk).account !== account) return t("otherPerson");
  if (!token) return t("silent");
  document.querySelector('meta[name="csrf-token"]').content = token;
  return true;
}
