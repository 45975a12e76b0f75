// The side panel: who I am, appearance, signing out; in the demo the people and the clock.

import { el, safeLink } from "./dom.js";
import { $ } from "./page.js";
import { roleName } from "./texts.js";
import { serverNow, shortMoment } from "./time.js";

const initial = (name) => Array.from(name ?? "")[0]?.toUpperCase() ?? "";

/** On a phone the panel slides over the chat, which meanwhile cannot be reached; Escape closes it. */
export function setUpPanel() {
  const [panel, veil, main, opener] = [$("#panel"), $("#veil"), $("#chat"), $("#panel-open")];
  let back = opener;
  const narrow = matchMedia("(max-width: 999px)");
  const set = (open) => {
    panel.classList.toggle("open", open);
    panel.inert = narrow.matches && !open;
    main.inert = narrow.matches && open;
    veil.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
  };
  const open = (from) => {
    back = from;
    set(true);
    $("#panel-close").focus();
  };
  const close = () => {
    if (!panel.classList.contains("open")) return;
    set(false);
    back.focus();
  };
  opener.addEventListener("click", () => open(opener));
  $("#people-open").addEventListener("click", (event) => open(event.currentTarget));
  $("#panel-close").addEventListener("click", close);
  veil.addEventListener("click", close);
  document.addEventListener("keydown", (event) => event.key === "Escape" && close());
  narrow.addEventListener("change", () => set(false));
  set(false);
}

export function setUpTheme(storage) {
  const wish = storage.get("theme") ?? "auto";
  for (const input of document.querySelectorAll("#theme input")) {
    input.checked = input.value === wish;
    input.addEventListener("change", () => {
      if (input.value === "auto") storage.remove("theme");
      else storage.set("theme", input.value);
      window.dispatchEvent(new Event("chexin:theme"));
    });
  }
}

export function drawPerson(me) {
  const box = $("#me");
  box.hidden = false;
  box.querySelector(".avatar").textContent = initial(me.name);
  box.querySelector("b").textContent = me.name;
  box.querySelector(".muted").textContent = roleName(me.role);
  $("#dealer").textContent = me.dealer ?? "";
}

let ticking = 0;
let move = () => {};

/** The demo's clock and people; hidden for everybody outside the demo. */
export function drawDemo(me, mover = move) {
  const on = Boolean(me?.demo);
  const people = me?.people ?? [];
  $("#demo").hidden = !on;
  $("#people").hidden = !on || people.length === 0;
  $("#people-open").hidden = $("#people").hidden;
  if (!on) return;
  if (!ticking) {
    for (const button of document.querySelectorAll("#demo .clock")) {
      button.addEventListener("click", () => move(Number(button.dataset.shift)));
    }
    ticking = setInterval(tick, 5000);
  }
  move = mover;
  tick();
  $("#people ul").replaceChildren(...people.map((person) => drawChoice(person, me)));
}

function drawChoice(person, me) {
  const here = person.name === me.name && person.role === me.role;
  return el("li", {}, el("a", { href: safeLink(person.url), class: "person", "aria-current": here ? "true" : null },
    el("span", { class: "avatar", "aria-hidden": "true" }, initial(person.name)),
    el("span", { class: "grow" }, el("b", {}, person.name), el("span", { class: "muted" }, roleName(person.role)))));
}

function tick() {
  const now = serverNow();
  const text = shortMoment(now);
  if ($("#demo-time").textContent !== text) $("#demo-time").textContent = text;
  $("#demo-time").dateTime = now.toISOString();
}
