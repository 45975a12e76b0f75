// The protocol (docs/webchat-protocol.md): frames in, frames out, nothing sent twice or lost.

import { Connection } from "./socket.js";
import { newId, Outbox } from "./store.js";
import { currentLang } from "./texts.js";
import { serverNow, setClock } from "./time.js";

const READ_AFTER = 400;
const HISTORY_WITHIN = 8_000;

/**
 * Ties a Connection to a MessageLog. `greeting()` gives the fields of the first frame beside `since` and `lang`.
 * Events: "me", "batch", "typing" (detail: boolean), "toast" (detail: text), "clock", "bye" (detail: reason), "refused".
 */
export class Chat extends EventTarget {
  #rev = 0; // the highest revision this page has been brought up to
  #started = false;
  #ready = false;
  #readSeq = 0;
  #readTimer = 0;
  #historyTimer = 0;
  #historyAsked = false;
  #previews = new Map(); // client id of a picture → what is needed to try again

  constructor({ path, storage, greeting = () => ({}), history = () => {} }) {
    super();
    this.outbox = new Outbox(storage);
    this.greeting = greeting;
    this.history = history; // told true while older messages are on their way
    this.me = null;
    this.log = null;
    this.acted = 0; // when the person himself last said or pressed something
    this.connection = new Connection(path);
    this.connection.addEventListener("open", () => this.#hello());
    this.connection.addEventListener("frame", (event) => this.#frame(event.detail));
    this.connection.addEventListener("state", (event) => {
      if (event.detail.state !== "open") this.#broken();
    });
    this.connection.addEventListener("denied", (event) => {
      this.#tell("bye", event.detail === 4409 ? "replaced" : "signed_out");
    });
  }

  attach(log) {
    this.log = log;
    log.addEventListener("older", (event) => this.#older(event.detail));
    log.addEventListener("read", (event) => this.#reading(event.detail));
  }

  start() {
    this.connection.connect();
  }

  /** Send a text; `extra` are further members of the frame. */
  say(text, extra = {}) {
    this.#queue({ t: "say", id: newId(), text, ...extra });
  }

  /** Press a button of the card `seq`; a second press while the first is on its way does nothing. */
  press(seq, action) {
    if (this.log.isPressed(seq)) return;
    this.acted = Date.now();
    this.log.setPressed(seq, action);
    const frame = { t: "press", id: newId(), action };
    this.outbox.add({ ...frame, seq });
    if (this.#ready) this.connection.send(frame);
  }

  /** Show a picture at once; call `sendImage` or `log.failed` with the id when its upload has ended. */
  showImage(preview, again) {
    const id = newId();
    this.#previews.set(id, again);
    this.log.addPending({ t: "image", id, preview, at: this.#now() });
    return id;
  }

  sendImage(id, media) {
    const frame = { t: "image", id, media, at: this.#now() };
    this.outbox.add(frame);
    this.#transmit(frame);
  }

  /** Show a file's name at once; call `sendFile` or `log.failed` with the id when its upload has ended. */
  showFile(name, again) {
    const id = newId();
    this.#previews.set(id, again);
    this.log.addPending({ t: "file", id, text: name, at: this.#now() });
    return id;
  }

  sendFile(id, media, name) {
    const frame = { t: "file", id, media, name, at: this.#now() };
    this.outbox.add(frame);
    this.#transmit(frame);
  }

  moveClock(seconds) {
    this.connection.send({ t: "clock", shift: seconds });
  }

  /** Try a failed message again, under a new id: the old one was refused for good. */
  retry(id) {
    const again = this.#previews.get(id);
    this.#previews.delete(id);
    if (typeof again === "function") again();
    else if (again) this.#queue({ ...again, id: newId() });
  }

  discard(id) {
    this.#previews.delete(id);
    this.outbox.settle(id);
  }

  #now() {
    return serverNow().toISOString();
  }

  #queue(frame) {
    this.acted = Date.now();
    const entry = { ...frame, at: this.#now() };
    this.outbox.add(entry);
    this.log.addPending(entry);
    this.#transmit(entry);
  }

  #transmit(entry) {
    if (!this.#ready) return;
    const { at: _at, seq: _seq, ...frame } = entry;
    this.connection.send(frame);
  }

  #hello() {
    this.connection.send({ t: "hello", since: this.#rev, lang: currentLang(), token: null, ...this.greeting() });
  }

  #broken() {
    this.#ready = false;
    this.#abandonHistory();
    this.#tell("typing", false);
  }

  #frame(frame) {
    switch (frame.t) {
      case "me": return this.#met(frame);
      case "batch": return this.#batch(frame);
      case "msg": return this.#message(frame.m);
      case "ack": return this.#acknowledged(frame);
      case "refused": return this.#refused(frame);
      case "typing": return this.#tell("typing", Boolean(frame.on));
      case "toast": return this.#tell("toast", frame.text);
      case "clock":
        setClock(null, frame.now);
        return this.#tell("clock", frame.now);
      case "bye":
        this.connection.stop();
        if (frame.reason === "stale") return location.reload();
        return this.#tell("bye", frame.reason);
      default: return undefined; // "pong", and whatever a later server may add
    }
  }

  #met(me) {
    const visitor = me.role === "visitor" ? me.token ?? this.greeting().token : null;
    const owner = me.id ?? visitor ?? `${me.dealer}/${me.role}/${me.name}`;
    if (this.owner && this.owner !== owner) {
      location.reload(); // somebody else signed in meanwhile: nothing of the other may stay on the screen
      return;
    }
    this.owner = owner;
    this.me = me;
    setClock(me.zone, me.now);
    this.outbox.open(owner);
    this.#tell("me", me);
    this.#ready = true;
    this.connection.settled();
    if (this.#started) this.outbox.frames.forEach((entry) => this.#transmit(entry));
  }

  #batch(frame) {
    const messages = frame.messages ?? [];
    clearTimeout(this.#historyTimer);
    this.history(false);
    if (!this.#started) {
      this.#started = true;
      this.log.start(messages, Boolean(frame.more), this.me?.read);
      messages.forEach((message) => this.#seen(message));
      this.#restore();
    } else if (this.#historyAsked) {
      this.#historyAsked = false;
      this.log.prepend(messages, Boolean(frame.more));
    } else {
      messages.forEach((message) => this.#message(message)); // what was missed during a break
    }
    this.#tell("batch");
  }

  /** What was unsent before the page was loaded anew is shown, and sent with the same ids. */
  #restore() {
    for (const entry of [...this.outbox.frames]) {
      if (entry.t === "press") this.log.setPressed(entry.seq, entry.action);
      else this.log.addPending(entry);
      this.#transmit(entry);
    }
  }

  #message(message) {
    this.#seen(message);
    this.log.upsert(message);
    this.#tell("message", message);
  }

  #seen(message) {
    this.#rev = Math.max(this.#rev, message.rev);
    const entry = message.id ? this.outbox.get(message.id) : undefined;
    if (entry && entry.t !== "press") this.discard(message.id); // a press ends with its acknowledgement
  }

  #acknowledged({ id }) {
    const entry = this.outbox.settle(id);
    if (!entry) return;
    if (entry.t === "press") this.log.setPressed(entry.seq, null);
    else this.log.accepted(id);
    this.#previews.delete(id);
  }

  #refused({ id, text }) {
    const entry = this.outbox.settle(id);
    if (entry?.t === "press") {
      this.log.setPressed(entry.seq, null);
      this.#tell("toast", text);
    } else if (entry) {
      if (!this.#previews.has(id)) this.#previews.set(id, entry);
      this.log.failed(id, text);
    } else if (text) {
      this.#tell("toast", text);
    }
  }

  #older(before) {
    this.history(true);
    if (!this.connection.send({ t: "history", before })) return this.#abandonHistory();
    this.#historyAsked = true;
    this.#historyTimer = setTimeout(() => this.history(false), HISTORY_WITHIN);
    return undefined;
  }

  #abandonHistory() {
    clearTimeout(this.#historyTimer);
    this.#historyAsked = false;
    this.history(false);
    this.log.forgetOlder();
  }

  #reading(seq) {
    this.#readSeq = seq;
    clearTimeout(this.#readTimer);
    this.#readTimer = setTimeout(() => this.connection.send({ t: "read", seq: this.#readSeq }), READ_AFTER);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
