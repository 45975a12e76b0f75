// What the page remembers: unsent messages, the draft, the theme. Storage may be forbidden (private
// windows, third-party frames); then memory serves until the page is left.

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A new ULID: 10 characters of time, 16 of chance. Works outside secure contexts too. */
export function newId(now = Date.now()) {
  let time = "";
  for (let rest = now, i = 0; i < 10; i += 1, rest = Math.floor(rest / 32)) time = ALPHABET[rest % 32] + time;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return time + Array.from(bytes, (byte) => ALPHABET[byte % 32]).join("");
}

/** A key-value store over `name` ("localStorage" or "sessionStorage"), or memory when that is forbidden. */
export function openStorage(name) {
  const memory = new Map();
  let real = null;
  try {
    real = window[name];
    real.getItem("chexin");
  } catch {
    real = null;
  }
  return {
    get(key) {
      try {
        return JSON.parse((real ? real.getItem(`chexin.${key}`) : memory.get(key)) ?? "null");
      } catch {
        return null;
      }
    },
    set(key, value) {
      const text = JSON.stringify(value);
      try {
        if (real) real.setItem(`chexin.${key}`, text);
        else memory.set(key, text);
      } catch {
        real = null; // the quota is used up: go on in memory
        memory.set(key, text);
      }
    },
    remove(key) {
      memory.delete(key);
      try {
        real?.removeItem(`chexin.${key}`);
      } catch {
        real = null;
      }
    },
  };
}

/**
 * Frames sent but not acknowledged, in order, kept over a reload of the page.
 * They belong to one person: after signing in as somebody else they are not sent in his name.
 */
export class Outbox {
  constructor(storage) {
    this.storage = storage;
    this.owner = null;
    this.frames = [];
  }

  /** Load what `owner` left unsent, keeping what was written before his name was known. */
  open(owner) {
    if (this.owner === owner) return;
    const kept = this.storage.get("outbox");
    const earlier = kept?.owner === owner ? kept.frames : [];
    const here = new Set(this.frames.map((frame) => frame.id));
    this.owner = owner;
    this.frames = [...earlier.filter((frame) => !here.has(frame.id)), ...this.frames];
    this.#save();
  }

  add(frame) {
    this.frames.push(frame);
    this.#save();
  }

  /** Forget the frame with this id and return it, or undefined when it is not waiting. */
  settle(id) {
    const found = this.frames.find((frame) => frame.id === id);
    if (!found) return undefined;
    this.frames = this.frames.filter((frame) => frame !== found);
    this.#save();
    return found;
  }

  get(id) {
    return this.frames.find((frame) => frame.id === id);
  }

  #save() {
    if (this.owner === null) return;
    if (this.frames.length) this.storage.set("outbox", { owner: this.owner, frames: this.frames });
    else this.storage.remove("outbox");
  }
}
