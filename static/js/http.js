// Talking to the server: the CSRF header on every change, errors as sentences, for htmx and for our own scripts.
import { t } from "./strings.js";
import { toast } from "./toast.js";

const HEADER = "X-CSRF-Token";

function token() {
  return document.querySelector('meta[name="csrf-token"]').content;
}

/** A refusal or failure; `message` is a sentence for the reader, `status` is 0 where no answer came. */
export class HttpError extends Error {
  constructor(sentence, status, fields = {}) {
    super(sentence);
    this.name = "HttpError";
    this.status = status;
    this.fields = fields;
  }

  /** Trying again later may help: nobody answered, or the server was busy. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/**
 * Send a request and give the parsed JSON (or null for an empty answer); refusals throw an HttpError.
 * @param {string} url
 * @param {{method?: string, json?: unknown, form?: FormData, signal?: AbortSignal, keepalive?: boolean}} options
 */
export async function csrfFetch(url, { method, json, form, signal, keepalive } = {}) {
  const headers = { Accept: "application/json", [HEADER]: token() };
  if (json !== undefined) headers["Content-Type"] = "application/json";
  const body = json === undefined ? form : JSON.stringify(json);
  const verb = method ?? (body === undefined ? "GET" : "POST");
  const response = await answer(url, { method: verb, headers, body, signal, keepalive, credentials: "same-origin" });
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  const parsed = type.includes("json") && text ? JSON.parse(text) : null;
  if (!response.ok) throw refusal(response.status, parsed);
  return parsed;
}

async function answer(url, request) {
  try {
    return await fetch(url, request);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new HttpError(t("noAnswer"), 0);
  }
}

function refusal(status, body) {
  if (status === 401) return new HttpError(t("signInAgain"), status);
  const sentence = body?.error?.sentence ?? t("failed", { status });
  return new HttpError(sentence, status, body?.error?.fields);
}

// A poll every second must not complain every second: one message stands until an answer comes.
let dismissSilence = null;

function guardHtmx() {
  document.addEventListener("htmx:config:request", (event) => {
    const { request } = event.detail.ctx;
    request.headers[HEADER] = token();
    // Where days are counted, they are the reader's.
    request.headers["X-Time-Zone"] = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  });
  document.addEventListener("htmx:before:response", () => {
    dismissSilence?.();
    dismissSilence = null;
  });
  // A refusal must not replace the thing that was being worked on: it goes to the messages at the top of the page.
  // 422 is the exception, where the answer is the form again with its faults marked; so is an hx-status:... of one's own.
  document.addEventListener("htmx:before:swap", (event) => {
    const { ctx } = event.detail;
    const status = ctx.response?.status ?? 200;
    if (status < 400 || status === 422 || handlesItself(ctx.sourceElement, status)) return;
    event.preventDefault();
    showRefusal(ctx.text, status);
  });
  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx?.response) return;
    dismissSilence ??= toast(t("noAnswer"), "error");
  });
}

function handlesItself(element, status) {
  const codes = [`${status}`, `${String(status).slice(0, 2)}x`, `${String(status)[0]}xx`];
  return codes.some((code) => element.hasAttribute(`hx-status:${code}`));
}

function showRefusal(html, status) {
  const region = document.getElementById("messages");
  const page = new DOMParser().parseFromString(html ?? "", "text/html");
  const notice = page.querySelector(".notice");
  if (!notice) {
    toast(t("failed", { status }), "error");
    return;
  }
  region.replaceChildren(document.importNode(notice, true));
  region.scrollIntoView({ block: "nearest" });
}

guardHtmx();
