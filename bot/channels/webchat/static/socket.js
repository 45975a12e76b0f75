// One WebSocket that comes back by itself. It carries JSON frames and knows nothing of their meaning.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
const PING_EVERY = 25_000;
const PONG_WITHIN = 10_000;
const NO_RETRY = new Set([4401, 4403, 4409]); // signed out, forbidden, replaced

/**
 * Events: "open", "frame" (detail: the object), "state" (detail: {state, wait}) where state is
 * "connecting" | "open" | "waiting" | "offline" | "closed", and "denied" (detail: close code).
 */
export class Connection extends EventTarget {
  #socket = null;
  #tries = 0;
  #timer = 0;
  #pinger = 0;
  #watchdog = 0;
  #stopped = false;

  constructor(path) {
    super();
    this.url = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${path}`;
    window.addEventListener("online", () => this.wake());
    window.addEventListener("offline", () => this.#lost("offline"));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.wake();
    });
  }

  get open() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  connect() {
    this.#stopped = false;
    clearTimeout(this.#timer);
    if (this.#socket && this.#socket.readyState <= WebSocket.OPEN) return;
    this.#tell("connecting");
    const socket = new WebSocket(this.url);
    this.#socket = socket;
    socket.addEventListener("open", () => this.#opened(socket));
    socket.addEventListener("message", (event) => this.#received(socket, event.data));
    socket.addEventListener("close", (event) => this.#closed(socket, event.code));
  }

  /** Connect at once if there is no connection; if there seems to be one, make sure that it is alive. */
  wake() {
    if (this.#stopped) return;
    if (this.open) this.#ping();
    else {
      this.#tries = 0;
      this.connect();
    }
  }

  /** Send one frame; false when there is no connection. */
  send(frame) {
    if (!this.open) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Close for good, until `connect` is called. */
  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.#tell("closed");
  }

  /** A complete greeting was received: the next break starts with a short wait again. */
  settled() {
    this.#tries = 0;
  }

  #opened(socket) {
    if (socket !== this.#socket) return;
    clearInterval(this.#pinger);
    this.#pinger = setInterval(() => this.#ping(), PING_EVERY);
    this.#tell("open");
    this.dispatchEvent(new Event("open"));
  }

  #received(socket, data) {
    if (socket !== this.#socket) return;
    clearTimeout(this.#watchdog);
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return; // not for us; a broken frame must not break the page
    }
    this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
  }

  #closed(socket, code) {
    if (socket !== this.#socket) return;
    if (NO_RETRY.has(code)) {
      this.#stopped = true;
      this.#lost("closed");
      this.dispatchEvent(new CustomEvent("denied", { detail: code }));
    } else {
      this.#lost(navigator.onLine ? "waiting" : "offline");
    }
  }

  #lost(state) {
    clearInterval(this.#pinger);
    clearTimeout(this.#watchdog);
    clearTimeout(this.#timer);
    const old = this.#socket;
    this.#socket = null;
    old?.close();
    if (this.#stopped) return;
    const ceiling = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#tries);
    const wait = ceiling / 2 + (Math.random() * ceiling) / 2;
    this.#tries += 1;
    this.#timer = setTimeout(() => this.connect(), wait);
    this.#tell(state, wait);
  }

  #ping() {
    clearTimeout(this.#watchdog);
    if (this.send({ t: "ping" })) this.#watchdog = setTimeout(() => this.#lost("waiting"), PONG_WITHIN);
  }

  #tell(state, wait = 0) {
    this.dispatchEvent(new CustomEvent("state", { detail: { state, wait } }));
  }
}
