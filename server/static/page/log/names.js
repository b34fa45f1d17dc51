// Names in texts: only those of users and rooms that exist are drawn as such. The server is asked for unknown ones.

import { SECOND } from '../basics.js';
import { Bookmark } from '../session.js';

/** Names are collected for this long, and this many are asked for at once. */
const PAUSE_MS = 100;
const NAMES = 100;
/** The list of rooms is asked for again after this time, if there is an unknown name. */
const ROOMS_SECONDS = 60;
/** How long after a refusal names are asked for again. */
const RETRY_SECONDS = 15;

export class Names {
  /** @param {HTMLElement} log */
  constructor(log, { me, api, store, signal }) {
    Object.assign(this, { log, me, api, store, signal });
    /** @type {Map<string, boolean|undefined>} Whether there is a user of a name; undefined as long as that is asked for. */
    this.users = new Map();
    this.wanted = new Set();
    this.rooms = new Set();
    this.roomsAt = -Infinity;
    const observer = new MutationObserver(() => this.mark());
    observer.observe(log, { childList: true, subtree: true });
    signal.addEventListener('abort', () => { observer.disconnect(); clearTimeout(this.timer); });
  }

  /** Draws each name in the log that is one. */
  mark() {
    for (const node of this.log.querySelectorAll('[data-user]')) {
      const is = this.#isUser(node.dataset.user);
      if (node.classList.contains('mention') !== is) node.classList.toggle('mention', is);
    }
    for (const link of this.log.querySelectorAll('[data-room]')) {
      const { room: name } = link.dataset;
      if (link.hasAttribute('href') === this.#isRoom(name)) continue;
      if (link.hasAttribute('href')) link.removeAttribute('href');
      else link.href = Bookmark.hash({ key: `room/${name}` });
    }
  }

  #isUser(name) {
    const { store, users } = this;
    // Servers before 0.2 do not list users by name.
    if (name === this.me || !store.canChange || store.isOnline(name)) return true;
    if (!users.has(name)) {
      users.set(name, undefined);
      this.wanted.add(name);
      this.#askSoon();
    }
    return users.get(name) === true;
  }

  #isRoom(name) {
    if (this.store.conversations.get(`room/${name}`)?.roomId || this.rooms.has(name)) return true;
    if (performance.now() - this.roomsAt > ROOMS_SECONDS * SECOND) this.#askSoon();
    return false;
  }

  #askSoon() {
    this.timer ??= setTimeout(() => this.#ask(), PAUSE_MS);
  }

  async #ask() {
    const names = [...this.wanted].slice(0, NAMES);
    for (const name of names) this.wanted.delete(name);
    try {
      if (names.length) await this.#askUsers(names);
      if (performance.now() - this.roomsAt > ROOMS_SECONDS * SECOND) await this.#askRooms();
    } catch {
      if (this.signal.aborted) return;
      for (const name of names) this.wanted.add(name);
      this.timer = setTimeout(() => this.#ask(), RETRY_SECONDS * SECOND);
      return;
    }
    this.timer = undefined;
    if (this.signal.aborted) return;
    this.mark();
    if (this.wanted.size) this.#askSoon();
  }

  async #askUsers(names) {
    const found = await this.api('GET', `users?names=${names.join(',')}&limit=${NAMES}`, { as: 'users', signal: this.signal });
    for (const name of names) this.users.set(name, found.some((user) => user.name === name));
  }

  async #askRooms() {
    this.roomsAt = performance.now();
    const found = await this.api('GET', 'rooms?limit=500', { as: 'rooms', signal: this.signal });
    this.rooms = new Set(found.map(({ name }) => name));
  }
}
