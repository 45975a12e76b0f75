// The conversation on the screen: bubbles and cards in the order of their numbers, replaced in place.

import { renderCard, setWaiting } from "./cards.js";
import { el, icon, reducedMotion, safeImage, spoken, withPhones } from "./dom.js";
import { t } from "./texts.js";
import { clockTime, dayKey, dayName, fullMoment } from "./time.js";

const NEAR_BOTTOM = 80; // px from the end that still count as being at the end
const NEAR_TOP = 240;
const JOIN_WITHIN = 5 * 60_000; // messages of one side this close together look like one block

/**
 * Events: "older" (the top is near), "read" (detail: seq), "unread" (detail: count),
 * "bottom" (detail: true when the end is in view), "changed" (detail: {seq, title, status}: a card out of view).
 */
export class MessageLog extends EventTarget {
  #bySeq = new Map(); // seq → {message, node}
  #pending = new Map(); // client id → node
  #waiting = new Map(); // seq → action whose press has not been answered
  #stuck = true; // keep the end in view
  #read = 0;
  #lowest = Infinity;
  #highest = 0;
  #busyTop = false;

  constructor(scroller, list, handlers) {
    super();
    this.scroller = scroller;
    this.list = list;
    this.handlers = handlers;
    this.more = false;
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    const follow = new ResizeObserver(() => this.#stuck && this.toBottom(false));
    follow.observe(list);
    follow.observe(scroller);
    for (const type of ["visibilitychange", "focus"]) {
      (type === "focus" ? window : document).addEventListener(type, () => this.#markRead());
    }
  }

  get lowest() {
    return this.#lowest;
  }

  get unread() {
    let count = 0;
    for (const { message } of this.#bySeq.values()) {
      if (message.dir === "out" && !message.quiet && message.seq > this.#read) count += 1;
    }
    return count;
  }

  /** The first messages of a page: shows the first unread one, else the end. `read` is the last seq seen. */
  start(messages, more, read) {
    this.more = more;
    this.#read = read ?? messages.at(-1)?.seq ?? 0;
    this.#quietly(() => messages.forEach((message) => this.#place(message, false)));
    const first = messages.find((m) => m.dir === "out" && !m.quiet && m.seq > this.#read);
    if (first && messages[0] !== first) this.#divide(first.seq);
    const divider = this.list.querySelector(".unread-line");
    if (divider && this.scroller.scrollHeight - divider.offsetTop > this.scroller.clientHeight) {
      this.scroller.scrollTop = divider.offsetTop - 60;
      this.#stuck = false;
    } else {
      this.toBottom(false);
    }
    this.#markRead();
    this.#fill();
  }

  /** Older messages on top; what the person looks at does not move. */
  prepend(messages, more) {
    this.more = more;
    const before = this.scroller.scrollHeight - this.scroller.scrollTop;
    this.#quietly(() => messages.forEach((message) => this.#place(message, false)));
    this.scroller.scrollTop = this.scroller.scrollHeight - before;
    this.#busyTop = false;
    this.#fill();
  }

  /** A new or changed message. */
  upsert(message) {
    // A change to a message above what is loaded would leave a hole: history brings it when asked for.
    if (message.seq < this.#lowest && this.more) return;
    const known = this.#bySeq.get(message.seq);
    if (known && known.message.rev >= message.rev) return;
    const unseen = !this.#attentive();
    this.#place(message, true);
    if (known) {
      this.#announceChange(message);
    } else if (message.dir === "out" && !message.quiet) {
      if (unseen && !this.list.querySelector(".unread-line")) this.#divide(message.seq);
    }
    if (this.#stuck) this.toBottom(!unseen);
    this.#markRead();
    this.#tell("unread", this.unread);
  }

  /** Show a message that is on its way. entry: {id, text, at} or {id, preview, at}. */
  addPending(entry) {
    const node = this.#article("in");
    node.classList.add("pending");
    node.dataset.at = entry.at;
    if (entry.preview || entry.t === "image") node.append(this.#picture({ url: entry.preview, alt: t("picture") }));
    if (entry.text) node.append(el("div", { class: "bubble" }, entry.text));
    node.append(el("div", { class: "meta" }, el("time", {}, clockTime(new Date(entry.at))), this.#tick("clock", t("sending"))));
    this.#pending.get(entry.id)?.remove();
    this.#pending.set(entry.id, node);
    this.list.querySelector(".unread-line")?.remove();
    this.list.append(node);
    this.#settle(node);
    this.toBottom(true);
  }

  /** The server has it: the clock becomes a tick. */
  accepted(id) {
    const node = this.#pending.get(id);
    node?.querySelector(".tick")?.replaceWith(this.#tick("check", t("sent")));
  }

  /** The server will not have it, or the picture could not be sent: offer to try again or to discard. */
  failed(id, text) {
    const node = this.#pending.get(id);
    if (!node || node.classList.contains("failed")) return;
    node.classList.add("failed");
    node.querySelector(".tick")?.replaceWith(this.#tick("alert", t("failed")));
    const choose = (choice) => {
      node.remove();
      this.#pending.delete(id);
      if (choice === "retry") this.handlers.retry(id);
      else this.handlers.discard(id);
    };
    node.append(el("div", { class: "trouble", role: "alert" },
      el("span", {}, text || t("failed")),
      el("button", { type: "button", class: "link", on: { click: () => choose("retry") } }, t("retry")),
      el("button", { type: "button", class: "link", on: { click: () => choose("discard") } }, t("discard"))));
    if (this.#stuck) this.toBottom(true);
  }

  /** A press on the card `seq` is on its way (action), or is answered (null). */
  setPressed(seq, action) {
    if (action === null) this.#waiting.delete(seq);
    else this.#waiting.set(seq, action);
    const box = this.#bySeq.get(seq)?.node.querySelector(".card");
    if (box) setWaiting(box, action);
  }

  isPressed(seq) {
    return this.#waiting.has(seq);
  }

  toBottom(smooth) {
    this.#stuck = true;
    const behavior = smooth && !reducedMotion() ? "smooth" : "instant";
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior });
  }

  /** Something below the last message has grown: keep it in view for who is at the end. */
  follow() {
    if (this.#stuck) this.toBottom(true);
  }

  /** Bring the card `seq` into view and give it the focus. */
  show(seq) {
    const node = this.#bySeq.get(seq)?.node;
    if (!node) return;
    node.scrollIntoView({ block: "center", behavior: reducedMotion() ? "instant" : "smooth" });
    node.focus({ preventScroll: true });
    this.#flash(node);
  }

  #place(message, live) {
    const known = this.#bySeq.get(message.seq);
    const held = known?.node.contains(document.activeElement);
    const node = this.#render(message);
    if (known) {
      known.node.replaceWith(node);
      this.#waiting.delete(message.seq);
      if (held) node.focus({ preventScroll: true });
      if (live) this.#flash(node);
    } else {
      if (message.id && this.#pending.has(message.id)) {
        this.#pending.get(message.id).remove();
        this.#pending.delete(message.id);
      } else if (live) {
        node.classList.add("arriving");
      }
      this.list.insertBefore(node, this.#successor(message.seq));
    }
    this.#bySeq.set(message.seq, { message, node });
    this.#lowest = Math.min(this.#lowest, message.seq);
    this.#highest = Math.max(this.#highest, message.seq);
    this.#settle(node);
  }

  #successor(seq) {
    let after = null;
    for (let node = this.list.lastElementChild; node; node = node.previousElementSibling) {
      if (node.classList.contains("pending")) after = node;
      if (!node.dataset.seq) continue;
      if (Number(node.dataset.seq) < seq) break;
      after = node;
    }
    return after;
  }

  #render(message) {
    const node = this.#article(message.dir);
    node.dataset.seq = message.seq;
    node.dataset.at = message.at;
    const at = new Date(message.at);
    if (message.image) node.append(this.#picture(message.image));
    if (message.text) {
      node.append(el("div", { class: "bubble" }, ...(message.dir === "out" ? withPhones(message.text) : [message.text])));
    }
    if (message.card) {
      node.append(renderCard(message.card, {
        titleId: `card-${message.seq}`,
        waiting: this.#waiting.get(message.seq) ?? null,
        press: (action) => this.handlers.press(message.seq, action),
      }));
    }
    node.append(el("div", { class: "meta" },
      el("time", { datetime: message.at, title: fullMoment(at) }, clockTime(at)),
      message.dir === "in" ? this.#tick("check", t("sent")) : null));
    return node;
  }

  #article(dir) {
    const who = spoken(dir === "in" ? t("you") : t("assistant"));
    return el("article", { class: `message ${dir === "in" ? "mine" : "theirs"}`, tabindex: "-1" }, who);
  }

  #picture(image) {
    const url = image.url ? safeImage(image.url) : null;
    const alt = image.alt || t("picture");
    if (!url) return el("div", { class: "picture empty" }, icon("image"), el("span", {}, alt));
    const img = el("img", { src: url, alt, decoding: "async" });
    return el("button", { type: "button", class: "picture", "aria-label": t("enlarge", { alt }),
      on: { click: () => this.handlers.enlarge(url, alt) } }, img);
  }

  #tick(name, label) {
    return el("span", { class: "tick" }, icon(name), spoken(label));
  }

  /** Day line above and shared block with the neighbour, for this message and the next one. */
  #settle(node) {
    for (const each of [node, this.#neighbour(node, "nextElementSibling")]) {
      if (!each) continue;
      const previous = this.#neighbour(each, "previousElementSibling");
      const at = new Date(each.dataset.at);
      const fresh = !previous || dayKey(new Date(previous.dataset.at)) !== dayKey(at);
      const line = this.#lineAbove(each);
      if (fresh && line) line.firstElementChild.textContent = dayName(at);
      else if (fresh) each.before(el("div", { class: "day-line" }, el("span", {}, dayName(at))));
      else line?.remove();
      const joined = !fresh && previous.className.includes("mine") === each.className.includes("mine")
        && at - new Date(previous.dataset.at) < JOIN_WITHIN;
      each.classList.toggle("joined", joined);
    }
  }

  #neighbour(node, step) {
    let other = node[step];
    while (other && !other.dataset.at) other = other[step];
    return other;
  }

  #lineAbove(node) {
    for (let above = node.previousElementSibling; above && !above.dataset.at; above = above.previousElementSibling) {
      if (above.classList.contains("day-line")) return above;
    }
    return null;
  }

  #divide(seq) {
    const node = this.#bySeq.get(seq)?.node;
    node?.before(el("div", { class: "unread-line" }, el("span", {}, t("new_messages"))));
  }

  #announceChange(message) {
    const node = this.#bySeq.get(message.seq).node;
    const box = node.getBoundingClientRect();
    const frame = this.scroller.getBoundingClientRect();
    const visible = box.bottom > frame.top + 40 && box.top < frame.bottom - 40;
    if (!visible && message.card && !message.quiet) {
      this.#tell("changed", { seq: message.seq, title: message.card.title, status: message.card.status });
    }
  }

  #flash(node) {
    node.classList.remove("changed");
    void node.offsetWidth; // restarts the animation
    node.classList.add("changed");
  }

  /** Many messages at once are not read aloud one by one. */
  #quietly(work) {
    this.list.setAttribute("aria-live", "off");
    work();
    requestAnimationFrame(() => this.list.setAttribute("aria-live", "polite"));
  }

  #attentive() {
    return document.visibilityState === "visible" && this.#stuck;
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.#stuck = scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM;
    this.#tell("bottom", this.#stuck);
    if (scrollTop < NEAR_TOP) this.#askOlder();
    this.#markRead();
  }

  #askOlder() {
    if (!this.more || this.#busyTop || !this.#bySeq.size) return;
    this.#busyTop = true;
    this.#tell("older", this.#lowest);
  }

  /** The answer to a request for older messages was lost with the connection. */
  forgetOlder() {
    this.#busyTop = false;
  }

  /** A window taller than what is loaded cannot be scrolled, so ask at once. */
  #fill() {
    if (this.scroller.scrollHeight <= this.scroller.clientHeight + NEAR_TOP) this.#askOlder();
  }

  #markRead() {
    if (!this.#attentive() || this.#highest <= this.#read) return;
    this.#read = this.#highest;
    this.#tell("read", this.#read);
    this.#tell("unread", 0);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
