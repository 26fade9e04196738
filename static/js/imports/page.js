// The page where images are dropped: gathers, sends, shows how far it is, then asks what the table would do.
import { behaviour } from "../behaviours.js";
import { csrfFetch } from "../http.js";
import { t } from "../strings.js";
import { toast } from "../toast.js";
import { chosenFiles, droppedFiles } from "./gather.js";
import { Uploader } from "./uploader.js";

const MB = 1_000_000;

behaviour("[data-import]", (place) => {
  const part = (name) => place.querySelector(`[data-${name}]`);
  let beginning = place.dataset.files ? Promise.resolve(place.dataset) : null;
  let told = false;

  const begin = () => {
    // One import for all that is dropped here; a failed beginning is tried again with the next file.
    beginning ??= csrfFetch(place.dataset.begin, { method: "POST" }).catch((error) => {
      beginning = null;
      throw error;
    });
    return beginning;
  };

  const uploader = new Uploader({
    address: async () => (await begin()).files,
    token: () => document.querySelector('meta[name="csrf-token"]').content,
    changed: () => show(),
  });

  const add = (found) => {
    const most = Number(place.dataset.mostMb);
    const fitting = found.filter(({ file }) => file.size <= most * MB);
    if (!found.length) toast(t("importNothing"), "info");
    uploader.add(fitting);
    for (const each of found) if (each.file.size > most * MB) uploader.refuse(each, t("importTooLarge", { most }));
    told = false;
    show();
  };

  const show = () => {
    const { items, done, failed, bytes } = uploader;
    if (!items.length) return;
    const total = items.length;
    const sentence = uploader.busy
      ? t("importSending", { done, total })
      : done === 1
        ? t("importSentOne")
        : t("importSent", { total: done });
    part("progress").hidden = false;
    part("summary").textContent = sentence;
    part("amount").textContent = t("importAmount", { done: mb(bytes.sent), total: mb(bytes.total) });
    part("bar").value = bytes.total ? bytes.sent / bytes.total : 1;
    part("failed").hidden = uploader.busy || !failed.length;
    part("retry").hidden = !uploader.canRetry;
    part("failed-list").replaceChildren(...failed.map(line));
    if (uploader.busy || told) return;
    told = true;
    part("said").textContent = sentence;
    if (done) check();
  };

  const check = async () => {
    const form = document.getElementById("import-form");
    const query = form ? `?${new URLSearchParams(readingOf(form))}` : "";
    const { check: address } = await begin();
    window.htmx.ajax("GET", address + query, { target: "#check", swap: "outerHTML" });
  };

  for (const kind of ["files", "folder"]) {
    const input = place.querySelector(`[data-input="${kind}"]`);
    place.querySelector(`[data-choose="${kind}"]`).addEventListener("click", () => input.click());
    const take = () => {
      add(chosenFiles(input.files));
      input.value = "";
    };
    input.addEventListener("change", take);
    // Whoever was quicker than this script has chosen already.
    if (input.files.length) take();
  }
  part("retry").addEventListener("click", () => {
    told = false;
    uploader.retry();
  });
  acceptDrops(place, add);
  window.addEventListener("beforeunload", (event) => {
    if (uploader.busy) event.preventDefault();
  });
});

function acceptDrops(place, add) {
  const over = (on) => place.classList.toggle("drop--over", on);
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    over(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) over(false);
  });
  document.addEventListener("drop", async (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    over(false);
    add(await droppedFiles(event.dataTransfer));
  });
}

// How the table is read so far stays as it is when more files come.
function readingOf(form) {
  const kept = ["table", "separator", "file_column", "label_column", "label_delimiter", "encoding", "unmentioned"];
  return [...new FormData(form)].filter(([name]) => kept.includes(name));
}

function line(item) {
  const element = document.createElement("li");
  const name = document.createElement("strong");
  name.textContent = item.name;
  element.append(name, item.why ? `: ${item.why}` : "");
  return element;
}

function mb(bytes) {
  return (bytes / MB).toFixed(bytes < 10 * MB ? 1 : 0);
}
