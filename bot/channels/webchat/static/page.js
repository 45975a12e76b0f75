// What the staff page and the visitor's frame have in common: banner, typing, toasts, the pill, the window's height.

import { el, icon, spoken } from "./dom.js";
import { t } from "./texts.js";

const BANNER_AFTER = 900; // a short hiccup is nobody's business
const TOAST_FOR = 5000;
const TYPING_AT_MOST = 30_000;

export const $ = (selector) => document.querySelector(selector);

/** Keep the page exactly as high as what is left beside an on-screen keyboard (iOS does not do so itself). */
export function fitWindow() {
  const view = window.visualViewport;
  if (!view) return;
  const fit = () => {
    if (view.scale > 1.01) return; // the person is zooming in, not typing
    document.documentElement.style.setProperty("--height", `${Math.round(view.height)}px`);
    window.scrollTo(0, 0);
  };
  view.addEventListener("resize", fit);
  fit();
}

/** A short note at the foot of the conversation, with one thing to do if `action` is given. Returns its element. */
export function toast(text, label, action) {
  const note = el("div", { class: "toast" }, el("span", {}, text));
  if (label) {
    note.append(el("button", { type: "button", class: "link", on: { click: () => { note.remove(); action(); } } }, label));
  }
  const toasts = $("#toasts");
  toasts.append(note);
  while (toasts.children.length > 3) toasts.firstElementChild.remove();
  setTimeout(() => note.remove(), label ? TOAST_FOR * 2 : TOAST_FOR);
  return note;
}

/** Say something to a screen reader only. */
export function announce(text) {
  const note = spoken(text);
  $("#toasts").append(note);
  setTimeout(() => note.remove(), TOAST_FOR);
}

/** Says how the connection is doing, once that lasts long enough to matter. */
export function watchConnection(connection, changed = () => {}) {
  const banner = $("#banner");
  let timer = null;
  let latest = null;
  const show = (text, label, action) => {
    banner.replaceChildren(el("span", {}, text));
    if (label) banner.append(el("button", { type: "button", class: "link", on: { click: action } }, label));
    banner.classList.add("shown");
  };
  const hide = () => {
    banner.classList.remove("shown");
    banner.replaceChildren();
  };
  const retry = () => connection.wake();
  const tell = () => {
    const { state, wait } = latest;
    if (state === "offline") show(t("offline"), t("reconnect"), retry);
    else if (state === "waiting") show(t("retrying", { n: Math.ceil(wait / 1000) }), t("reconnect"), retry);
    else show(t("connecting"));
  };
  connection.addEventListener("state", ({ detail }) => {
    changed(detail.state);
    latest = detail;
    if (detail.state === "open" || detail.state === "closed") {
      clearTimeout(timer);
      timer = null;
      hide();
    } else if (timer === null) {
      timer = setTimeout(tell, BANNER_AFTER); // counted from the break, however often it is tried again
    } else if (banner.classList.contains("shown")) {
      tell();
    }
  });
  return { show, hide };
}

/** The three dots; a server that forgets to end them is not believed for ever. */
export function typingSign(chat, log) {
  const sign = $("#typing");
  let timer = 0;
  chat.addEventListener("typing", ({ detail: on }) => {
    clearTimeout(timer);
    if (on && sign.firstChild) return;
    sign.replaceChildren();
    if (!on) return;
    sign.append(el("div", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")), spoken(t("typing")));
    timer = setTimeout(() => sign.replaceChildren(), TYPING_AT_MOST);
    log.follow();
  });
}

/** The pill that leads back to the end, with the number of unread messages. */
export function latestPill(log) {
  const pill = $("#latest");
  let atEnd = true;
  const draw = () => {
    const count = log.unread;
    pill.hidden = atEnd;
    const words = count ? el("span", {}, t("latest_new", { n: count })) : spoken(t("latest"));
    pill.replaceChildren(icon("down"), words);
  };
  log.addEventListener("bottom", (event) => { atEnd = event.detail; draw(); });
  log.addEventListener("unread", draw);
  pill.addEventListener("click", () => log.toBottom(true));
}

/** The line above the oldest message: loading, or the beginning. */
export function edgeLine(log) {
  return (loading) => {
    $("#edge").replaceChildren(loading ? t("older") : log.more || !Number.isFinite(log.lowest) ? "" : t("start"));
  };
}
