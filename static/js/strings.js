// The sentences that scripts say: they come translated with the page, in <script type="application/json" data-strings>.

/** Give the sentence named `key`, with %(name)s filled in from `values`. */
export function t(key, values = {}) {
  const sentence = all()[key];
  if (sentence === undefined) throw new Error(`The page brings no sentence named ${key}.`);
  return sentence.replace(/%\((\w+)\)s/g, (_, name) => String(values[name]));
}

function all() {
  // Read each time: a swapped-in fragment may bring sentences of its own.
  const found = {};
  for (const script of document.querySelectorAll("script[data-strings]"))
    Object.assign(found, JSON.parse(script.textContent));
  return found;
}
