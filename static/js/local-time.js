// <time datetime data-local-time="datetime|date|time|relative"> in the reader's own zone and language.
import { rewriting } from "./behaviours.js";

const language = document.documentElement.lang || undefined;
const FORMS = {
  datetime: { dateStyle: "medium", timeStyle: "short" },
  date: { dateStyle: "medium" },
  time: { timeStyle: "short" },
};
const UNITS = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 7],
];

function relative(moment) {
  let amount = (moment - Date.now()) / 1000;
  for (const [unit, size] of UNITS) {
    if (Math.abs(amount) < size)
      return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(Math.round(amount), unit);
    amount /= size;
  }
  // Further back than a week a date says more than a count.
  return new Intl.DateTimeFormat(language, FORMS.date).format(moment);
}

const timers = new WeakMap();

rewriting("time[data-local-time]", (element) => {
  clearInterval(timers.get(element));
  const moment = new Date(element.dateTime);
  if (Number.isNaN(moment.valueOf())) return;
  const full = new Intl.DateTimeFormat(language, FORMS.datetime).format(moment);
  const form = element.dataset.localTime;
  element.title = full;
  if (form !== "relative") {
    element.textContent = new Intl.DateTimeFormat(language, FORMS[form] ?? FORMS.datetime).format(moment);
    return;
  }
  element.textContent = relative(moment);
  timers.set(element, setInterval(tick, 60_000, element, moment));
});

function tick(element, moment) {
  if (element.isConnected) element.textContent = relative(moment);
  else clearInterval(timers.get(element));
}
