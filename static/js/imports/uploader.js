// Sends files one by one, a few at a time; what fails is tried again, and told if it fails for good.

// A browser opens six connections to a server; two are left for the page.
const AT_ONCE = 4;
// A dropped connection is mostly back within seconds.
const WAITS_MS = [500, 2000, 6000];

export class Uploader {
  /** @param {{address: () => Promise<string>, token: () => string, changed: () => void}} options */
  constructor({ address, token, changed }) {
    this.address = address;
    this.token = token;
    this.changed = changed;
    this.items = [];
    this.active = 0;
    this.next = 0;
  }

  add(files) {
    for (const { file, name } of files) {
      // The key makes sending a file again harmless, and keeps apart two files of one name.
      const key = crypto.randomUUID?.().replaceAll("-", "") ?? `${Date.now().toString(36)}${this.items.length}`;
      this.items.push({ file, name, key, sent: 0, state: "waiting", why: "" });
    }
    this.changed();
    this.pump();
  }

  /** List a file as failed without trying to send it. */
  refuse({ file, name }, why) {
    this.items.push({ file, name, key: "", sent: 0, state: "refused", why });
  }

  retry() {
    for (const item of this.items) if (item.state === "failed") Object.assign(item, { state: "waiting", why: "" });
    this.next = 0;
    this.changed();
    this.pump();
  }

  get failed() {
    return this.items.filter((item) => item.state === "failed" || item.state === "refused");
  }

  get canRetry() {
    return this.items.some((item) => item.state === "failed");
  }

  get done() {
    return this.items.filter((item) => item.state === "sent").length;
  }

  get busy() {
    return this.active > 0 || this.items.some((item) => item.state === "waiting");
  }

  get bytes() {
    let sent = 0;
    let total = 0;
    for (const item of this.items) {
      total += item.file.size;
      sent += item.state === "sent" ? item.file.size : item.sent;
    }
    return { sent, total };
  }

  pump() {
    while (this.active < AT_ONCE && this.next < this.items.length) {
      const item = this.items[this.next];
      this.next += 1;
      if (item.state !== "waiting") continue;
      this.active += 1;
      this.send(item).finally(() => {
        this.active -= 1;
        this.changed();
        this.pump();
      });
    }
  }

  async send(item) {
    item.state = "sending";
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await this.put(item);
      if (outcome.ok) {
        item.state = "sent";
        return;
      }
      item.sent = 0;
      const passing = outcome.status === 0 || outcome.status === 429 || outcome.status >= 500;
      if (!passing || attempt >= WAITS_MS.length) {
        item.state = "failed";
        item.why = outcome.sentence;
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, WAITS_MS[attempt]));
    }
  }

  async put(item) {
    let address;
    try {
      address = await this.address();
    } catch (error) {
      return { ok: false, status: error.status ?? 0, sentence: error.message };
    }
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open("PUT", `${address}?${new URLSearchParams({ name: item.name, key: item.key })}`);
      request.setRequestHeader("X-CSRF-Token", this.token());
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.addEventListener("progress", (event) => {
        item.sent = event.loaded;
        this.changed();
      });
      request.addEventListener("load", () => {
        const ok = request.status >= 200 && request.status < 300;
        resolve({ ok, status: request.status, sentence: sentenceOf(request) });
      });
      request.addEventListener("error", () => resolve({ ok: false, status: 0, sentence: "" }));
      request.send(item.file);
    });
  }
}

function sentenceOf(request) {
  try {
    return JSON.parse(request.responseText).error?.sentence ?? "";
  } catch {
    return "";
  }
}
