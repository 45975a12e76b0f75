// Documents for the knowledge base: sent as they are, read by the server.

import { t } from "./texts.js";

const MOST_BYTES = 10 * 1024 * 1024;

/** Send one document through `chat`; `complain(text)` when it is too large to be sent at all. */
export async function sendFile(file, chat, complain) {
  if (file.size > MOST_BYTES) {
    complain(t("file_large", { mb: MOST_BYTES / 1024 / 1024 }));
    return;
  }
  const id = chat.showFile(t("file", { name: file.name }), () => sendFile(file, chat, complain));
  try {
    const response = await fetch(`/files?name=${encodeURIComponent(file.name.slice(-200))}`, {
      method: "POST",
      body: file,
      headers: { "Content-Type": "application/octet-stream" },
      credentials: "same-origin",
    });
    const told = response.status === 201 || response.status === 422 ? await response.json() : {};
    if (told.id) chat.sendFile(id, told.id, file.name);
    else chat.log.failed(id, told.text || t(response.status === 413 ? "file_large" : "file_failed",
      { mb: MOST_BYTES / 1024 / 1024 }));
  } catch {
    chat.log.failed(id, t("file_failed"));
  }
}
