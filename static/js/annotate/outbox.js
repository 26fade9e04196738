// Keeps what is not saved yet in this browser (IndexedDB), so that closing the window or losing the network loses nothing.

const NAME = "loupe-desk";
const STORE = "outbox";

/** One person's outbox in one project; where the browser keeps nothing, it lives as long as the page. */
export class Outbox {
  constructor(account, project) {
    this.owner = `${account}/${project}`;
    this.opened = open();
  }

  /** Give what an earlier visit could not send, in the order it was done. */
  async load() {
    const rows = await this.#run("readonly", (store) => store.getAll());
    return (rows ?? []).filter((row) => row.owner === this.owner).sort((a, b) => a.at - b.at);
  }

  /** Keep an operation, or what became of it. */
  async put(operation) {
    await this.#run("readwrite", (store) => store.put({ ...operation, owner: this.owner }));
  }

  /** Forget an operation that the server has confirmed or the person has discarded. */
  async remove(id) {
    await this.#run("readwrite", (store) => store.delete(id));
  }

  async #run(mode, work) {
    const database = await this.opened;
    if (!database) return undefined;
    return await new Promise((resolve) => {
      try {
        const transaction = database.transaction(STORE, mode);
        const request = work(transaction.objectStore(STORE));
        transaction.oncomplete = () => resolve(request.result);
        // A full disk or a private window: the page itself still holds the operation and says that it is not saved.
        transaction.onabort = () => resolve(undefined);
      } catch {
        resolve(undefined);
      }
    });
  }
}

function open() {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
      request.onblocked = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
}

/** Make a key for a save: the same save sent twice is known by it. (randomUUID is missing on plain HTTP.) */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
