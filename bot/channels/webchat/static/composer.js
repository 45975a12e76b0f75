// The line one writes in: grows with the text, Enter sends, Shift+Enter breaks the line, input methods are left alone.

import { el } from "./dom.js";
import { t } from "./texts.js";

const LONGEST = 8000;

/** `send(text)` gets what was written; `complain(text)` hears why something cannot be sent. */
export class Composer {
  constructor(form, { send, picture, document: sendDocument, complain, storage }) {
    this.form = form;
    this.input = form.querySelector("textarea");
    this.chips = document.querySelector("#chips");
    this.storage = storage;
    this.send = send;
    this.complain = complain;
    this.button = form.querySelector("button[type=submit]");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("input", () => this.#changed());
    if (picture) this.#files(picture, sendDocument);
    this.#changed();
  }

  /** Bring back what this person had begun to write before the page was loaded anew. */
  restore(owner) {
    const draft = this.storage?.get("draft");
    this.owner = owner;
    if (draft?.owner === owner && !this.input.value) this.input.value = draft.text;
    this.#changed();
  }

  focus() {
    // on a phone the keyboard would cover half of the conversation
    if (matchMedia("(hover: hover) and (pointer: fine)").matches) this.input.focus();
  }

  /** The chips above the line. One that ends with "…" is put into the line to be completed, others are sent. */
  suggest(texts) {
    this.chips.replaceChildren(...texts.map((text) =>
      el("button", { type: "button", class: "suggestion", on: { click: () => this.#take(text) } }, text)));
    this.chips.hidden = texts.length === 0;
  }

  #take(text) {
    const start = text.replace(/(…|\.\.\.)$/, "");
    if (start === text) {
      this.send(text);
      return;
    }
    this.input.value = start;
    this.input.focus();
    this.input.setSelectionRange(start.length, start.length);
    this.#changed();
  }

  #key(event) {
    // While an input method is composing, Enter chooses a word. Safari says so only through keyCode 229.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      this.#submit();
    }
  }

  #submit() {
    const text = this.input.value.trim();
    if (!text) return;
    if (text.length > LONGEST) {
      this.complain(t("too_long", { n: LONGEST }));
      return;
    }
    this.input.value = "";
    this.#changed();
    this.send(text);
  }

  #changed() {
    this.input.style.height = "auto";
    this.input.style.height = `${this.input.scrollHeight}px`;
    this.button.disabled = this.input.value.trim() === "";
    if (!this.owner) return;
    if (this.input.value) this.storage?.set("draft", { owner: this.owner, text: this.input.value });
    else this.storage?.remove("draft");
  }

  #files(picture, sendDocument) {
    const chooser = this.form.querySelector("input[type=file]");
    const give = (files) => files.forEach((file) => (isImage(file) ? picture : sendDocument)?.(file));
    this.form.querySelector(".attach").addEventListener("click", () => chooser.click());
    chooser.addEventListener("change", () => {
      give(Array.from(chooser.files));
      chooser.value = "";
    });
    this.input.addEventListener("paste", (event) => {
      const files = Array.from(event.clipboardData?.files ?? []).filter(isImage);
      if (files.length) event.preventDefault();
      files.forEach(picture);
    });
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      give(Array.from(event.dataTransfer?.files ?? []));
    });
  }
}

function isImage(file) {
  return file.type.startsWith("image/");
}
