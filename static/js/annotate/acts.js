// What the buttons and keys of the desk do, by name.

/** Give the desk's actions, made of its parts. */
export function actsOf({ root, desk, timeline, zoom, picture, about, definitions, saver, feed, orders, ...more }) {
  const { back, comments, search, guide } = more;
  return {
    submit: () => desk.submit(),
    none: () => desk.none(),
    skip: () => desk.skip(),
    flag: () => desk.flag(),
    comment: () => timeline.current && comments.open(timeline.current.item),
    like: () => timeline.current && location.assign(`light-table?like=${timeline.current.item.id}`),
    back,
    forward: () => desk.step(1),
    undo: () => desk.undoing.undo(),
    redo: () => desk.undoing.redo(),
    guide: () => guide?.open(),
    find: () => search.open(),
    about: () => about.toggle(),
    rotate: () => picture.rotate(),
    invert: () => picture.invert(),
    contrast: () => picture.contrast(),
    "as-it-is": () => picture.reset(),
    "zoom-in": () => zoom.in(),
    "zoom-out": () => zoom.out(),
    "zoom-fit": () => zoom.fit(),
    "zoom-true": () => zoom.toggle(),
    "full-screen": () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen()),
    definitions: () => definitions.toggle(),
    "save-now": () => saver.now(),
    "look-again": () => feed.look(),
    "show-skipped": () => orders.choose(true),
    "show-new": () => orders.choose(false),
  };
}
