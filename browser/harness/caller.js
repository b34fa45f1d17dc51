// Somebody who talks to the server without a browser: the other side of what a page shows.

export class Caller {
  #url;
  #token;

  /** Connects with this body, which must succeed. */
  static async connect(server, body) {
    const caller = new Caller();
    caller.#url = server.url;
    const connected = await caller.post('/connect', body);
    caller.#token = connected.token;
    return caller;
  }

  /** POST, which must succeed, and its answer. */
  async post(path, body = {}) {
    return this.#ask(path, { method: 'POST', body: JSON.stringify(body) });
  }

  /** GET, which must succeed, and its answer. */
  async get(path) {
    return this.#ask(path, {});
  }

  async say(text, room = 'general') {
    return this.post('/send', { text, room });
  }

  async tell(to, text) {
    return this.post('/send-private', { to, text });
  }

  /** Says all these in a room, many at a time and in any order. */
  async sayAll(texts, room = 'general', atOnce = 64) {
    const rest = texts[Symbol.iterator]();
    const sender = async () => {
      for (const text of rest) await this.say(text, room);
    };
    await Promise.all(Array.from({ length: atOnce }, sender));
  }

  /** What is unread in a room, or with somebody (`@name`). */
  async unread(conversation) {
    const query = conversation.startsWith('@') ? `direct=${conversation.slice(1)}` : `room=${conversation}`;
    return (await this.get(`/status?${query}`)).conversations[0].unread;
  }

  /** The newest messages of a room by its id, oldest first. */
  async history(room = 1) {
    return (await this.get(`/room/${room}/messages?limit=500`)).messages;
  }

  async #ask(path, options) {
    const headers = { 'Content-Type': 'application/json' };
    if (this.#token) headers.Authorization = `Bearer ${this.#token}`;
    const response = await fetch(this.#url + path, { ...options, headers });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }
}
