// A user who calls the server without a browser: the other side of what a page shows.

export class Caller {
  #url;
  #token;

  /** Connects with this body. Throws if that fails. */
  static async connect(server, body) {
    const caller = new Caller();
    caller.#url = server.url;
    const connected = await caller.post('/connect', body);
    caller.#token = connected.token;
    return caller;
  }

  /** Posts, and returns the answer. Throws if that fails. */
  async post(path, body = {}) {
    return this.#ask(path, { method: 'POST', body: JSON.stringify(body) });
  }

  /** Gets, and returns the answer. Throws if that fails. */
  async get(path) {
    return this.#ask(path, {});
  }

  async patch(path, body) {
    return this.#ask(path, { method: 'PATCH', body: JSON.stringify(body) });
  }

  async put(path, body) {
    return this.#ask(path, { method: 'PUT', body: body && JSON.stringify(body) });
  }

  async delete(path) {
    return this.#ask(path, { method: 'DELETE' });
  }

  async say(text, room = 'general') {
    return this.post('/send', { text, room });
  }

  async tell(to, text) {
    return this.post('/send-private', { to, text });
  }

  /** Sends all these texts to a room, many at a time and in any order. */
  async sayAll(texts, room = 'general', atOnce = 64) {
    const rest = texts[Symbol.iterator]();
    const sender = async () => {
      for (const text of rest) await this.say(text, room);
    };
    await Promise.all(Array.from({ length: atOnce }, sender));
  }

  /** Returns how many messages are unread in a room, or with a user (`@name`). */
  async unread(conversation) {
    const query = conversation.startsWith('@') ? `direct=${conversation.slice(1)}` : `room=${conversation}`;
    return (await this.get(`/status?${query}`)).conversations[0].unread;
  }

  /** Returns the newest messages of a room, oldest first. */
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
