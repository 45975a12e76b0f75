// The page of colleagues and customers: everything around the conversation.

import { Chat } from "./chat.js";
import { Composer } from "./composer.js";
import { icon } from "./dom.js";
import { sendFile } from "./files.js";
import { enlarge, sendPicture } from "./images.js";
import { $, announce, edgeLine, fitWindow, latestPill, toast, typingSign, watchConnection } from "./page.js";
import { drawDemo, drawPerson, setUpPanel, setUpTheme } from "./panel.js";
import { openStorage } from "./store.js";
import { setLang, t } from "./texts.js";
import { dayKey, serverNow, shortMoment } from "./time.js";
import { MessageLog } from "./view.js";

const lasting = openStorage("localStorage");
const passing = openStorage("sessionStorage");

setLang(lasting.get("lang") ?? navigator.language);
for (const [selector, name] of [["#panel-open", "menu"], ["#panel-close", "close"], ["#people-open", "swap"],
  [".attach", "image"], [".send", "send"], [".avatar.assistant", "chat"]]) {
  $(selector).append(icon(name));
}
fitWindow();
setUpTheme(lasting);
setUpPanel();

const OWN_DOING = 4000;
const chat = new Chat({ path: "/ws", storage: passing, history: (loading) => edge(loading) });
const log = new MessageLog($("#scroller"), $("#log"), {
  press: (seq, action) => chat.press(seq, action),
  retry: (id) => chat.retry(id),
  discard: (id) => chat.discard(id),
  enlarge,
});
const edge = edgeLine(log);
chat.attach(log);
typingSign(chat, log);
latestPill(log);
const banner = watchConnection(chat.connection, (state) => {
  $("#chat").dataset.state = state;
  subtitle();
});
const composer = new Composer($("#composer"), {
  send: (text) => chat.say(text),
  picture: (file) => sendPicture(file, chat, toast),
  document: (file) => sendFile(file, chat, toast),
  complain: toast,
  storage: passing,
});

function subtitle() {
  const where = chat.me?.dealer ?? "";
  const how = chat.connection.open ? t("online") : t("connecting");
  $("#subtitle").textContent = where ? `${where} · ${how}` : how;
}

function drawTitle() {
  const name = chat.me?.dealer ? `${t("title")} · ${chat.me.dealer}` : t("title");
  document.title = log.unread ? `(${log.unread}) ${name}` : name;
}

chat.addEventListener("me", ({ detail: me }) => {
  lasting.set("lang", me.lang);
  setLang(me.lang);
  drawPerson(me);
  drawDemo(me, (seconds) => chat.moveClock(seconds));
  composer.restore(chat.owner);
  composer.suggest(me.suggestions ?? []);
  subtitle();
  drawTitle();
});
chat.addEventListener("batch", () => {
  edge(false);
  drawTitle();
});
chat.addEventListener("message", drawTitle);
chat.addEventListener("toast", ({ detail: text }) => toast(text));
chat.addEventListener("clock", () => {
  drawDemo(chat.me);
  redate();
  announce(t("clock_moved", { time: shortMoment(serverNow()) }));
});
chat.addEventListener("bye", ({ detail: reason }) => {
  if (reason === "replaced") {
    banner.show(t("replaced"), t("use_here"), () => { banner.hide(); chat.start(); });
  } else {
    location.replace("/sign-in?reason=out");
  }
});
log.addEventListener("unread", drawTitle);
let updated = null;
log.addEventListener("changed", ({ detail: { seq, title, status } }) => {
  if (Date.now() - chat.acted < OWN_DOING) return; // whoever did it himself need not be told
  updated?.remove(); // one note at a time: it lies over the newest card's buttons
  updated = toast(t("updated", { title: status ? `${title} · ${status}` : title }), t("show"), () => log.show(seq));
});

let today = dayKey(serverNow());
function redate() {
  if (dayKey(serverNow()) === today) return;
  today = dayKey(serverNow());
  log.redate();
}
setInterval(redate, 30_000);

composer.focus();
chat.start();
