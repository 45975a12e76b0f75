// The visitor's page inside the frame. No cookie: the visitor is known by a token in the first frame.

import { Chat } from "./chat.js";
import { Composer } from "./composer.js";
import { icon } from "./dom.js";
import { enlarge } from "./images.js";
import { $, edgeLine, latestPill, toast, typingSign, watchConnection } from "./page.js";
import { openStorage } from "./store.js";
import { setLang, t } from "./texts.js";
import { MessageLog } from "./view.js";

const lasting = openStorage("localStorage");
const settings = new URLSearchParams(location.hash.slice(1));

setLang(settings.get("lang") ?? navigator.language);
for (const [selector, name] of [["#fold", "close"], ["#contact-open", "phone"], [".send", "send"],
  [".avatar.assistant", "chat"]]) {
  $(selector).append(icon(name));
}
if (settings.get("title")) $("#title").textContent = settings.get("title");
$("#fold").hidden = window.parent === window;

function arrival() {
  const utm = {};
  for (const [name, value] of settings) if (name.startsWith("utm_")) utm[name.slice(4)] = value.slice(0, 200);
  const clip = (name) => settings.get(name)?.slice(0, 1000) || null;
  return { page: clip("page"), referrer: clip("referrer"), utm };
}

const chat = new Chat({
  path: "/widget/ws",
  storage: openStorage("sessionStorage"),
  greeting: () => ({ token: lasting.get("visitor"), from: arrival() }),
  history: (loading) => edge(loading),
});
const log = new MessageLog($("#scroller"), $("#log"), {
  press: (seq, action) => chat.press(seq, action),
  retry: (id) => chat.retry(id),
  discard: (id) => chat.discard(id),
  enlarge,
});
const drawEdge = edgeLine(log);
const edge = (loading) => (loading ? drawEdge(true) : $("#edge").replaceChildren());
chat.attach(log);
typingSign(chat, log);
latestPill(log);
const banner = watchConnection(chat.connection, (state) => {
  $("#chat").dataset.state = state;
});
const composer = new Composer($("#composer"), { send: (text) => chat.say(text), complain: toast, storage: null });

chat.addEventListener("me", ({ detail: me }) => {
  if (me.token) lasting.set("visitor", me.token);
  setLang(me.lang ?? settings.get("lang") ?? navigator.language);
  if (settings.get("title")) $("#title").textContent = settings.get("title");
  $("#subtitle").textContent = me.dealer ?? "";
  document.title = me.dealer ?? t("widget_title");
  composer.suggest(me.suggestions ?? []);
});
chat.addEventListener("batch", () => edge(false));
chat.addEventListener("toast", ({ detail: text }) => toast(text));
chat.addEventListener("bye", ({ detail: reason }) => {
  if (reason === "replaced") banner.show(t("replaced"), t("use_here"), () => { banner.hide(); chat.start(); });
  else banner.show(t("widget_off"));
});

// The site around the frame learns two things: that it shall fold the frame, and how much is unread.
const outside = (message) => {
  if (window.parent !== window) window.parent.postMessage({ chexin: 1, ...message }, "*");
};
log.addEventListener("unread", ({ detail: count }) => outside({ unread: count }));
$("#fold").addEventListener("click", () => outside({ fold: true }));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented && !$("dialog[open]")) outside({ fold: true });
});
window.addEventListener("message", (event) => {
  if (event.source !== window.parent || event.data?.chexin !== 1 || typeof event.data.shown !== "boolean") return;
  log.setAway(!event.data.shown);
  if (event.data.shown) composer.focus();
});

const form = $("#contact");
const problem = $("#contact-problem");

function showForm(shown) {
  form.hidden = !shown;
  $("#contact-open").setAttribute("aria-expanded", String(shown));
  (shown ? form.elements.name : $("#contact-open")).focus();
}

$("#contact-open").addEventListener("click", () => showForm(form.hidden));
$("#contact-close").addEventListener("click", () => showForm(false));
form.elements.agree.addEventListener("change", () => {
  form.querySelector("[type=submit]").disabled = !form.elements.agree.checked;
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const phone = form.elements.phone.value.trim();
  const name = form.elements.name.value.trim();
  const digits = phone.replace(/\D/g, "");
  const plausible = /^[\d\s()+.-]+$/.test(phone) && digits.length >= 7 && digits.length <= 15;
  problem.textContent = plausible ? "" : t("widget_phone_bad");
  if (!plausible) {
    form.elements.phone.focus();
    return;
  }
  chat.say(t(name ? "widget_say" : "widget_say_short", { name, phone }), {
    contact: { name: name || null, phone, consent: true },
  });
  form.reset();
  form.querySelector("[type=submit]").disabled = true;
  showForm(false);
});

chat.start();
