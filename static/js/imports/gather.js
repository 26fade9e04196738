// From what was dropped or chosen to a flat list of {file, name}; folders are walked to the bottom.

/** List the files of a drop, with their paths inside dropped folders. */
export async function droppedFiles(transfer) {
  // The entries must be taken at once: after the first pause the browser has emptied the list.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return chosenFiles(transfer.files);
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return found;
}

/** List the files of an <input>, with their paths where a folder was chosen. */
export function chosenFiles(files) {
  return [...files].map((file) => ({ file, name: file.webkitRelativePath || file.name }));
}

async function walk(entry, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    found.push({ file, name: entry.fullPath.replace(/^\//, "") });
    return;
  }
  const reader = entry.createReader();
  // A reader hands out a hundred entries at a time, until none is left.
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const each of some) await walk(each, found);
  }
}
