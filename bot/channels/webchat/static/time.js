// Times are shown in the dealer's zone, whatever the device says, and "today" is the server's today.

import { currentLang, t } from "./texts.js";

let zone;
let ahead = 0; // milliseconds the server's clock is ahead of this device's

/** Take over the dealer's zone (IANA name) and the server's present instant (ISO). */
export function setClock(name, now) {
  if (name) zone = known(name) ? name : undefined;
  const instant = Date.parse(now ?? "");
  if (!Number.isNaN(instant)) ahead = instant - Date.now();
}

function known(name) {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export const serverNow = () => new Date(Date.now() + ahead);

const formats = new Map();

function format(options, instant, tag = currentLang() === "zh" ? "zh-CN" : "en-GB") {
  if (Number.isNaN(instant.getTime())) return ""; // a bad date must not cost the message
  const key = `${tag}|${zone}|${JSON.stringify(options)}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(tag, { timeZone: zone, ...options }));
  return formats.get(key).format(instant);
}

/** "14:05" */
export const clockTime = (instant) => format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, instant);

/** A key equal for two instants of one local day: "2026-11-21". */
export const dayKey = (instant) => format({ year: "numeric", month: "2-digit", day: "2-digit" }, instant, "en-CA");

/** "Today", "Yesterday", or the date; with the year when it is another one. */
export function dayName(instant) {
  const now = serverNow();
  const day = dayKey(instant);
  if (day === dayKey(now)) return t("today");
  if (day === dayKey(new Date(now.getTime() - 86_400_000))) return t("yesterday");
  const options = { month: "long", day: "numeric", weekday: "short" };
  if (day.slice(0, 4) !== dayKey(now).slice(0, 4)) options.year = "numeric";
  return format(options, instant);
}

/** "Sat 21 Nov, 14:05": date and time on one short line. */
export function shortMoment(instant) {
  const day = format({ month: "short", day: "numeric", weekday: "short" }, instant);
  return `${day} ${clockTime(instant)}`;
}

/** The full date and time, for a tooltip. */
export const fullMoment = (instant) => format({ dateStyle: "full", timeStyle: "short" }, instant);
