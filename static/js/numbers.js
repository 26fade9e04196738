// Numbers in the reader's form: 1,234.5 here is 1.234,5 elsewhere. <span data-local-number> in pages, number() in scripts.
import { rewriting } from "./behaviours.js";

const language = document.documentElement.lang || undefined;

/** Write a number, with so many digits after the point. */
export function number(value, digits = 0) {
  return new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(
    value,
  );
}

rewriting("[data-local-number]", (element) => {
  const value = Number(element.textContent);
  if (!Number.isNaN(value)) element.textContent = number(value);
});
