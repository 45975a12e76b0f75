// A card: title, status, key-value fields (before → after, with the person's own words), note, sources, buttons.

import { el, icon, safeLink, spoken, withPhones } from "./dom.js";
import { currentLang, t } from "./texts.js";

const KIND_ICONS = [
  [/^digest|plan|summary|week/, "calendar"],
  [/approv|discount/, "badge"],
  [/lead|customer|person/, "person"],
  [/confirm|change|edit|undo/, "edit"],
  [/fit|part|stock|order/, "wrench"],
  [/remind|task|follow|nudge/, "bell"],
  [/drive|appoint|visit/, "calendar"],
  [/quote|price|deal/, "tag"],
  [/answer|know|document|history|source/, "book"],
];

const TONES = new Set(["info", "good", "warn", "bad", "done"]);

function kindIcon(kind) {
  const found = KIND_ICONS.find(([pattern]) => pattern.test(kind ?? ""));
  return found ? found[1] : "chat";
}

/**
 * The element of a card. `press(action, button)` is called for a button without an address;
 * `waiting` is the action whose press has not been answered yet, or null.
 */
export function renderCard(card, { press, waiting = null, titleId }) {
  const tone = TONES.has(card.tone) ? card.tone : "info";
  const box = el("section", { class: "card", "aria-labelledby": titleId, data: { tone, kind: card.kind ?? "" } });
  box.append(
    el("header", { class: "card-head" },
      el("span", { class: "card-icon" }, icon(kindIcon(card.kind))),
      el("h3", { id: titleId }, card.title ?? ""),
      card.status ? el("span", { class: "chip" }, card.status) : null,
    ),
  );
  const [onLines, below] = split(card.buttons ?? [], card.fields?.length ?? 0);
  if (card.fields?.length) box.append(renderFields(card.fields, onLines, press));
  if (card.note) box.append(el("p", { class: "card-note" }, ...withPhones(card.note)));
  if (card.sources?.length) box.append(renderSources(card.sources));
  if (below.length) box.append(renderButtons(below, press));
  if (waiting !== null) setWaiting(box, waiting);
  return box;
}

/** The buttons that open a line of the card, by that line's number, and the others. */
function split(buttons, count) {
  const isLine = (button) => Number.isInteger(button.line) && button.line >= 0 && button.line < count;
  return [new Map(buttons.filter(isLine).map((button) => [button.line, button])),
    buttons.filter((button) => !isLine(button))];
}

function renderFields(fields, onLines, press) {
  return el("dl", { class: "fields" }, ...fields.map((field, number) =>
    el("div", { class: field.emph ? "field emph" : "field" },
      el("dt", {}, field.k),
      el("dd", {},
        onLines.has(number) ? renderLine(field, onLines.get(number), press) : renderValue(field),
        field.words ? el("span", { class: "words" }, spoken(`${t("said")}: `), quoted(field.words)) : null,
      ),
    )));
}

/** A line that opens its record when pressed; numbers in it do not dial, so that one press means one thing. */
function renderLine(field, button, press) {
  const node = el("button", { type: "button", class: "line", data: { action: button.id } },
    el("span", { class: "value" }, field.v ?? ""));
  onPress(node, button, press);
  return node;
}

function renderValue(field) {
  const value = el("span", { class: "value" }, ...withPhones(field.v ?? ""));
  if (field.was === null || field.was === undefined) return value;
  return el("span", { class: "change" },
    spoken(`${t("was")} `), el("s", {}, field.was || "—"),
    el("span", { class: "arrow", "aria-hidden": "true" }, "→"),
    spoken(` ${t("now")} `), value);
}

const quoted = (words) => (currentLang() === "zh" ? `「${words}」` : `"${words}"`);

function renderSources(sources) {
  return el("div", { class: "sources" },
    el("p", { class: "sources-title" }, icon("book"), t(sources.length > 1 ? "source_many" : "source_one")),
    el("ol", { class: sources.every((source) => source.title.startsWith("[")) ? "marked" : "" }, ...sources.map((source) => el("li", {}, source.detail
      ? el("details", {}, el("summary", {}, source.title), el("p", {}, source.detail))
      : source.title))));
}

const width = (label) => Array.from(label).reduce((sum, char) => sum + (char.codePointAt(0) > 0x2e7f ? 2 : 1), 0);

function columns(buttons) {
  const longest = Math.max(...buttons.map((button) => width(button.label ?? "")));
  if (buttons.length === 1 || longest > 20) return 1;
  return buttons.length % 3 === 0 && longest <= 8 ? 3 : 2;
}

function renderButtons(buttons, press) {
  return el("div", { class: "buttons", data: { columns: columns(buttons) } }, ...buttons.map((button) => {
    const style = ["primary", "danger"].includes(button.style) ? button.style : "default";
    const address = button.url ? safeLink(button.url) : null;
    if (address) {
      return el("a", { class: `button ${style}`, href: address, target: "_blank", rel: "noopener noreferrer" },
        button.label);
    }
    const node = el("button", { type: "button", class: `button ${style}`, data: { action: button.id } },
      el("span", { class: "button-label" }, button.label));
    onPress(node, button, press);
    return node;
  }));
}

function onPress(node, button, press) {
  node.addEventListener("click", () => {
    if (node.getAttribute("aria-disabled") !== "true") press(button.id, node);
  });
}

/** Show that the press of `action` is on its way: its button turns, none can be pressed. Null ends it. */
export function setWaiting(box, action) {
  for (const node of box.querySelectorAll("button[data-action]")) {
    // aria-disabled, not disabled: the keyboard focus stays where the person left it
    if (action === null) node.removeAttribute("aria-disabled");
    else node.setAttribute("aria-disabled", "true");
    const busy = action !== null && node.dataset.action === action;
    node.classList.toggle("busy", busy);
    if (busy) node.setAttribute("aria-busy", "true");
    else node.removeAttribute("aria-busy");
  }
}
