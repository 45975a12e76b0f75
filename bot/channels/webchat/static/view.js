// The conversation on the screen: bubbles and cards in the order of their numbers, replaced in place.

import { renderMessage, renderPending, renderTrouble, tick } from "./bubbles.js";
import { setWaiting } from "./cards.js";
import { el, reducedMotion } from "./dom.js";
import { t } from "./texts.js";
import { clockTime, dayKey, dayName } from "./time.js";

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
  #told = true;
  #away = false;
  #top = 0; // where the person last scrolled to

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

  /** Show a message that is on its way. entry: {id, t, text, at} or {id, t: "image", preview, at}. */
  addPending(entry) {
    const node = renderPending(entry, this.handlers);
    this.#forgetPending(entry.id);
    this.#pending.set(entry.id, node);
    this.list.querySelector(".unread-line")?.remove();
    this.list.append(node);
    this.#settle(node);
    this.toBottom(true);
  }

  /** The server has it: the clock becomes a tick. */
  accepted(id) {
    const node = this.#pending.get(id);
    node?.querySelector(".tick")?.replaceWith(tick("check", t("sent")));
  }

  /** The server will not have it, or the picture could not be sent: offer to try again or to discard. */
  failed(id, text) {
    const node = this.#pending.get(id);
    if (!node || node.classList.contains("failed")) return;
    node.classList.add("failed");
    node.querySelector(".tick")?.replaceWith(tick("alert", t("failed")));
    node.append(renderTrouble(text, (choice) => {
      this.#forgetPending(id);
      this.handlers[choice](id);
    }));
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

  /** Out of sight although the page is visible: a folded frame. */
  setAway(away) {
    this.#away = away;
    this.#markRead();
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
    const node = renderMessage(message, this.handlers, this.#waiting.get(message.seq) ?? null);
    if (known) {
      known.node.replaceWith(node);
      this.#waiting.delete(message.seq);
      if (held) node.focus({ preventScroll: true });
      if (live) this.#flash(node);
    } else {
      if (!this.#forgetPending(message.id) && live) node.classList.add("arriving");
      this.list.insertBefore(node, this.#successor(message.seq));
    }
    this.#bySeq.set(message.seq, { message, node });
    this.#lowest = Math.min(this.#lowest, message.seq);
    this.#highest = Math.max(this.#highest, message.seq);
    this.#settle(node);
  }

  /** Take away the page's own copy of a message; false when there is none. */
  #forgetPending(id) {
    const node = this.#pending.get(id);
    if (!node) return false;
    for (const image of node.querySelectorAll('img[src^="blob:"]')) URL.revokeObjectURL(image.src);
    node.remove();
    return this.#pending.delete(id);
  }

  /** Where a message with this number belongs: before the returned node, or last when it is null. */
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
      // one time under several messages of one minute
      previous?.classList.toggle("continued", joined && clockTime(at) === clockTime(new Date(previous.dataset.at)));
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

  /** The day has changed: "today" is another one now. */
  redate() {
    for (const line of this.list.querySelectorAll(".day-line")) {
      const node = this.#neighbour(line, "nextElementSibling");
      if (node) line.firstElementChild.textContent = dayName(new Date(node.dataset.at));
    }
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
    return document.visibilityState === "visible" && !this.#away && this.#stuck;
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    // Content that grows (a picture arrives) also moves the end away: only scrolling up lets go of it.
    if (scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM) this.#stuck = true;
    else if (scrollTop < this.#top) this.#stuck = false;
    this.#top = scrollTop;
    if (this.#stuck !== this.#told) this.#tell("bottom", this.#stuck);
    this.#told = this.#stuck;
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
