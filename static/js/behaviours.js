// Binds a behaviour to every element that matches, now and whenever one is added (by htmx or by hand).

const bound = [];

/** Call `start(element)` once for each present and future element matching `selector`. */
export function behaviour(selector, start) {
  const entry = { selector, start, seen: new WeakSet() };
  bound.push(entry);
  scan(entry, document);
}

/** Call `write(element)` as `behaviour` does, and again whenever a new answer has put the server's own text back. */
export function rewriting(selector, write) {
  behaviour(selector, (element) => {
    const again = () => {
      write(element);
      observer.takeRecords(); // what was just written is not news
    };
    const observer = new MutationObserver(again);
    observer.observe(element, { attributeFilter: ["datetime"], characterData: true, childList: true, subtree: true });
    again();
  });
}

function scan(entry, root) {
  if (root instanceof Element && root.matches(entry.selector)) begin(entry, root);
  for (const element of root.querySelectorAll(entry.selector)) begin(entry, element);
}

function begin(entry, element) {
  if (entry.seen.has(element)) return;
  entry.seen.add(element);
  entry.start(element);
}

new MutationObserver((records) => {
  for (const record of records) {
    for (const node of record.addedNodes) {
      if (node instanceof Element) for (const entry of bound) scan(entry, node);
    }
  }
}).observe(document, { childList: true, subtree: true });
