// How to get in without a password: a personal link, or the code in it.

import { openStorage } from "./store.js";
import { setLang, t } from "./texts.js";

setLang(openStorage("localStorage").get("lang") ?? navigator.language);
document.title = `${t("signin_title")} · ${t("title")}`;

const form = document.querySelector("#paste");
const input = document.querySelector("#token");
const notice = document.querySelector("#notice");
const query = new URLSearchParams(location.search);

function tell(key) {
  notice.textContent = t(key);
  notice.hidden = false;
}

/** The token in what was pasted: a link of this server, or the bare code; null for anything else. */
function tokenIn(text) {
  const pasted = text.trim();
  if (/^[\w.~-]+$/.test(pasted)) return pasted;
  try {
    const link = new URL(pasted);
    return link.origin === location.origin ? link.searchParams.get("token") : null;
  } catch {
    return null;
  }
}

const reason = query.get("reason");
if (reason === "expired") tell("signin_expired");
else if (reason === "out") tell("signin_out");

// A server that answers a link with this page (so that a previewing messenger does not use the link up)
// gets the token back by a press.
const token = query.get("token");
if (token && reason === null) {
  input.value = token;
  form.method = "post";
  tell("signin_confirm");
}

form.addEventListener("submit", (event) => {
  const found = tokenIn(input.value);
  if (found) {
    input.value = found;
  } else {
    event.preventDefault();
    tell("signin_bad");
    input.focus();
  }
});
