// For a dealer's own site: a button that opens a chat in a frame. One line includes it, nothing leaks out:
//   <script async src="https://your-chexin/widget.js" data-lang="zh" data-title="在线咨询"></script>
// Everything is drawn inside a closed shadow root; the host element's id is the only name it takes.
(() => {
  "use strict";
  const NAME = "chexin-widget";
  const script = document.currentScript;
  if (!script || document.getElementById(NAME)) return;

  const home = new URL(script.src).origin;
  const wish = script.dataset;
  const lang = wish.lang || document.documentElement.lang || navigator.language;
  const zh = /^zh\b/i.test(lang);
  const title = wish.title || (zh ? "在线咨询" : "Chat with us");
  const color = /^#[0-9a-f]{3,8}$/i.test(wish.color || "") ? wish.color : "#0b62c4";

  const CSS = `
    :host { all: initial; }
    button { position: fixed; right: max(20px, env(safe-area-inset-right));
      bottom: max(20px, env(safe-area-inset-bottom)); z-index: 2147483000;
      display: grid; place-items: center; width: 60px; height: 60px; padding: 0; border: 0; border-radius: 50%;
      background: var(--color); color: #fff; cursor: pointer; box-shadow: 0 4px 16px rgb(0 0 0 / 28%); }
    button:focus-visible { outline: 3px solid #fff; outline-offset: -6px; }
    svg { width: 30px; height: 30px; fill: none; stroke: currentColor;
      stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
    b { position: absolute; top: -4px; right: -4px; box-sizing: border-box; min-width: 22px; padding: 0 6px;
      border-radius: 99px; background: #c9302c; color: #fff; font: 700 13px/22px system-ui, sans-serif;
      text-align: center; }
    b:empty { display: none; }
    iframe { position: fixed; right: 20px; bottom: 92px; z-index: 2147483000;
      width: 384px; height: min(640px, calc(100vh - 112px)); border: 0; border-radius: 18px; background: #fff;
      box-shadow: 0 12px 48px rgb(0 0 0 / 30%); color-scheme: normal; }
    [hidden] { display: none; }
    @media (max-width: 480px) {
      iframe { inset: 0; width: 100%; height: 100%; border-radius: 0; }
      :host(.open) button { display: none; }
    }`;

  function address() {
    const page = location.origin + location.pathname;
    const told = new URLSearchParams({ lang, title, page, referrer: document.referrer });
    for (const [name, value] of new URLSearchParams(location.search)) {
      if (name.startsWith("utm_")) told.set(name, value);
    }
    return `${home}/widget#${told}`;
  }

  function picture() {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", "M4 5h16v11H10l-5 4v-4H4V5ZM8.5 10.5h.01M12 10.5h.01M15.5 10.5h.01");
    svg.append(path);
    return svg;
  }

  /** Styles without a style element or attribute, so that the site's own content policy has nothing to object to. */
  function dress(root) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    root.adoptedStyleSheets = [sheet];
  }

  function start() {
    const host = document.createElement("div");
    host.id = NAME;
    host.style.setProperty("--color", color);
    const root = host.attachShadow({ mode: "closed" });
    dress(root);
    const button = document.createElement("button");
    const count = document.createElement("b");
    button.type = "button";
    button.append(picture(), count);
    root.append(button);
    document.body.append(host);

    let frame = null;
    const label = (open) => {
      const verb = open ? (zh ? "收起" : "Close: ") : "";
      button.setAttribute("aria-label", verb + title + (count.textContent ? ` (${count.textContent})` : ""));
      button.setAttribute("aria-expanded", String(open));
    };
    const tell = () => frame.contentWindow?.postMessage({ chexin: 1, shown: !frame.hidden }, home);
    const show = (open) => {
      if (!frame) {
        frame = document.createElement("iframe");
        frame.title = title;
        frame.src = address();
        frame.addEventListener("load", tell);
        root.insertBefore(frame, button);
      }
      frame.hidden = !open;
      host.classList.toggle("open", open);
      label(open);
      tell();
      if (!open) button.focus();
    };
    button.addEventListener("click", () => show(!frame || frame.hidden));
    window.addEventListener("message", (event) => {
      if (event.origin !== home || event.source !== frame?.contentWindow || event.data?.chexin !== 1) return;
      if (event.data.fold) show(false);
      if (Number.isInteger(event.data.unread)) {
        count.textContent = frame.hidden && event.data.unread > 0 ? String(Math.min(event.data.unread, 99)) : "";
        label(!frame.hidden);
      }
    });
    label(false);
    if (wish.open === "true") show(true);
  }

  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
})();
