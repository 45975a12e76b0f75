// One message as an element: picture, bubble, card, and the line with its time.

import { renderCard } from "./cards.js";
import { el, icon, safeImage, spoken, withPhones } from "./dom.js";
import { t } from "./texts.js";
import { clockTime, fullMoment } from "./time.js";

/** A message of the server. `handlers` are press(seq, action) and enlarge(url, alt); `waiting` as in renderCard. */
export function renderMessage(message, handlers, waiting) {
  const node = article(message.dir, message.at);
  node.dataset.seq = message.seq;
  const at = new Date(message.at);
  if (message.image) node.append(picture(message.image, handlers.enlarge));
  if (message.text) {
    // a colleague's own text stays as he wrote it; in what he is told, numbers dial
    node.append(el("div", { class: "bubble" }, ...(message.dir === "out" ? withPhones(message.text) : [message.text])));
  }
  if (message.card) {
    node.append(renderCard(message.card, {
      titleId: `card-${message.seq}`,
      waiting,
      press: (action) => handlers.press(message.seq, action),
    }));
  }
  node.append(el("div", { class: "meta" },
    el("time", { datetime: message.at, title: fullMoment(at) }, clockTime(at)),
    message.dir === "in" ? tick("check", t("sent")) : null));
  return node;
}

/** A message that is still on its way. */
export function renderPending(entry, handlers) {
  const node = article("in", entry.at);
  node.classList.add("pending");
  if (entry.t === "image") node.append(picture({ url: entry.preview, alt: t("picture") }, handlers.enlarge));
  if (entry.text) node.append(el("div", { class: "bubble" }, entry.text));
  node.append(el("div", { class: "meta" },
    el("time", { datetime: entry.at }, clockTime(new Date(entry.at))), tick("clock", t("sending"))));
  return node;
}

/** Why a message was not sent, and what to do: `choose` is called with "retry" or "discard". */
export function renderTrouble(text, choose) {
  const choice = (name) => el("button", { type: "button", class: "link", on: { click: () => choose(name) } }, t(name));
  return el("div", { class: "trouble", role: "alert" },
    el("span", {}, text || t("failed")), choice("retry"), choice("discard"));
}

/** The sign beside the time of an own message. */
export function tick(name, label) {
  return el("span", { class: "tick" }, icon(name), spoken(label));
}

function article(dir, at) {
  const mine = dir === "in";
  return el("article", { class: `message ${mine ? "mine" : "theirs"}`, tabindex: "-1", data: { at } },
    spoken(mine ? t("you") : t("assistant")));
}

function picture(image, enlarge) {
  const url = image.url ? safeImage(image.url) : null;
  const alt = image.alt || t("picture");
  if (!url) return el("div", { class: "picture empty" }, icon("image"), el("span", {}, alt));
  return el("button", { type: "button", class: "picture", "aria-label": t("enlarge", { alt }),
    on: { click: () => enlarge(url, alt) } }, el("img", { src: url, alt, decoding: "async" }));
}
