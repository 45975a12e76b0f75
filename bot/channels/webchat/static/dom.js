// Small helpers to build DOM nodes. Text only ever enters through text nodes, never as markup.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  send: ["M4 12 20 4l-5 16-3.5-6.5L4 12Z", "M11.5 13.5 20 4"],
  image: ["M4 6h16v12H4z", "m4 16 5-5 4 4 3-3 4 4", "M15.5 9.5h.01"],
  menu: ["M4 7h16", "M4 12h16", "M4 17h16"],
  close: ["M6 6l12 12", "M18 6 6 18"],
  down: ["M12 5v14", "m6 13 6 6 6-6"],
  download: ["M12 4v11", "m7 10.5 5 5 5-5", "M5 20h14"],
  check: ["m5 12.5 4.5 4.5L19 7.5"],
  clock: ["M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Z", "M12 8v4.5l3 1.5"],
  alert: ["M12 4 3 19.5h18L12 4Z", "M12 10v4", "M12 17h.01"],
  person: ["M12 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7Z", "M5 20c.6-4 3.3-6 7-6s6.4 2 7 6"],
  swap: ["M4 9h14", "m14 5 4 4-4 4", "M20 16H6", "m10 20-4-4 4-4"],
  book: ["M5 4.5h11a3 3 0 0 1 3 3V20H8a3 3 0 0 1-3-3V4.5Z", "M9 9h6", "M9 13h6"],
  bell: ["M6 17V11a6 6 0 1 1 12 0v6l1.5 1.5h-15L6 17Z", "M10 21h4"],
  wrench: ["M14.5 6.5a4 4 0 0 1 5-1.5l-3 3 .5 2 2 .5 3-3a4 4 0 0 1-5.5 5L9 20a2.1 2.1 0 0 1-3-3l7.5-7.5a4 4 0 0 1 1-3Z"],
  tag: ["M4 4h8l8.5 8.5-8 8L4 12V4Z", "M8.5 8.5h.01"],
  badge: ["M12 3.5 19.5 6v6c0 4.5-3 7.3-7.5 8.5C7.5 19.3 4.5 16.5 4.5 12V6L12 3.5Z", "m8.5 12 2.5 2.5 4.5-5"],
  calendar: ["M4 6.5h16V20H4z", "M4 11h16", "M8.5 4v4", "M15.5 4v4"],
  edit: ["M4 20h4L19 9l-4-4L4 16v4Z", "m13 7 4 4"],
  chat: ["M4 5h16v11H10l-5 4v-4H4V5Z", "M8.5 10.5h.01", "M12 10.5h.01", "M15.5 10.5h.01"],
  phone: ["M6 3.5h4l1.5 5-2.5 1.5a12 12 0 0 0 5 5l1.5-2.5 5 1.5v4c0 1.5-1 2.5-2.5 2.5C10.5 20.5 3.5 13.5 3.5 6c0-1.5 1-2.5 2.5-2.5Z"],
};

/** An icon drawn with the text colour; decorative, so hidden from screen readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  for (const d of ICONS[name] ?? []) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

/**
 * Build an element. `attrs` maps attribute names to values; `on` holds listeners, `data` the dataset.
 * Attributes that are null, undefined or false are left out; children that are null or false are skipped.
 */
export function el(tag, attrs = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    } else if (name === "data") {
      Object.assign(node.dataset, value);
    } else {
      node.setAttribute(name, value === true ? "" : String(value));
    }
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Text that only a screen reader says. */
export function spoken(text) {
  return el("span", { class: "spoken" }, text);
}

const MOBILE = /^1[3-9]\d{9}$/;

/** `text` as nodes, complete mobile numbers in it as links that dial. Masked ones (138****8000) stay text. */
export function withPhones(text) {
  const nodes = [];
  let from = 0;
  for (const run of text.matchAll(/[\d*]+/g)) {
    if (!MOBILE.test(run[0])) continue;
    nodes.push(text.slice(from, run.index), el("a", { href: `tel:${run[0]}`, class: "tel" }, run[0]));
    from = run.index + run[0].length;
  }
  nodes.push(text.slice(from));
  return nodes.filter((node) => node !== "");
}

/** The address if a link may go there (web, telephone, mail), else null. */
export function safeLink(url) {
  try {
    const parsed = new URL(url, location.origin);
    return ["https:", "http:", "tel:", "mailto:"].includes(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

/** The address if it is a picture of this server or one made in this page, else null. */
export function safeImage(url) {
  try {
    const parsed = new URL(url, location.origin);
    return parsed.origin === location.origin ? parsed.href : null;
  } catch {
    return null;
  }
}

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
