// Pictures: made smaller and stripped of their metadata (place, camera) before they leave the phone.

import { el, icon } from "./dom.js";
import { t } from "./texts.js";

const LONGEST_SIDE = 2048;
const QUALITY = 0.86;
const MOST_BYTES = 10 * 1024 * 1024;
const TYPES = new Set(["image/jpeg", "image/png", "image/webp"]);

export class ImageProblem extends Error {}

/** A JPEG no longer than 2048 px on a side, from any picture the browser can read. */
export async function prepare(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new ImageProblem(t("image_type"));
  }
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = el("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff"; // a transparent drawing stays readable
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  const result = blob ?? (TYPES.has(file.type) ? file : null);
  if (!result) throw new ImageProblem(t("image_type"));
  if (result.size > MOST_BYTES) throw new ImageProblem(t("image_large", { mb: MOST_BYTES / 1024 / 1024 }));
  return result;
}

/** Upload to the server; returns the media id. */
export async function upload(blob) {
  const response = await fetch("/media", {
    method: "POST",
    body: blob,
    headers: { "Content-Type": blob.type },
    credentials: "same-origin",
  });
  if (response.status === 413) throw new ImageProblem(t("image_large", { mb: MOST_BYTES / 1024 / 1024 }));
  if (response.status === 415) throw new ImageProblem(t("image_type"));
  if (!response.ok) throw new ImageProblem(t("image_failed"));
  return (await response.json()).id;
}

/** Show a picture over the page until it is pressed or Escape is; the focus returns by itself. */
export function enlarge(url, alt) {
  const close = el("button", { type: "button", class: "round", "aria-label": t("close") }, icon("close"));
  const keep = el("a", { class: "round keep", href: url, download: `${t("picture")}.png`, "aria-label": t("download") },
    icon("download"));
  const box = el("dialog", { class: "lightbox", "aria-label": alt }, el("img", { src: url, alt }), keep, close);
  box.addEventListener("click", (event) => {
    if (!keep.contains(event.target)) box.close();
  });
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
}

/** Prepare, show and send one picture through `chat`; `complain(text)` when that cannot be. */
export async function sendPicture(file, chat, complain) {
  let blob;
  try {
    blob = await prepare(file);
  } catch (problem) {
    complain(problem instanceof ImageProblem ? problem.message : t("image_failed"));
    return;
  }
  const id = chat.showImage(URL.createObjectURL(blob), () => sendPicture(file, chat, complain));
  try {
    chat.sendImage(id, await upload(blob));
  } catch (problem) {
    chat.log.failed(id, problem instanceof ImageProblem ? problem.message : t("image_failed"));
  }
}
