// The mark "guest" beside the names in the log. Authors who are not online are asked for.

import { element } from '../dom.js';

const PAUSE_MS = 200;
const NAMES = 500;

export class Guests {
  /** @param {HTMLElement} log */
  constructor(log, { me, api, store, signal }) {
    Object.assign(this, { log, me, api, store, signal });
    /** @type {Map<string, boolean|undefined>} Whether an author is a guest; undefined as long as that is asked for. */
    this.known = new Map();
    this.wanted = new Set();
    const observer = new MutationObserver(() => this.mark());
    observer.observe(log, { childList: true, subtree: true });
    signal.addEventListener('abort', () => { observer.disconnect(); clearTimeout(this.timer); });
  }

  #isGuest(name) {
    const { store } = this;
    if (name === this.me) return store.account?.guest ?? false;
    if (store.isOnline(name)) return store.guests.has(name);
    return this.known.get(name);
  }

  mark() {
    for (const author of this.log.querySelectorAll('.author')) {
      const name = author.textContent;
      const isGuest = this.#isGuest(name);
      const mark = author.nextElementSibling?.matches('.badge') && author.nextElementSibling;
      if (isGuest && !mark) author.after(element('span', { className: 'badge' }, 'guest'));
      else if (!isGuest && mark) mark.remove();
      if (isGuest === undefined && !this.known.has(name)) this.#want(name);
    }
  }

  #want(name) {
    this.known.set(name, undefined);
    this.wanted.add(name);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#ask(), PAUSE_MS);
  }

  async #ask() {
    const names = [...this.wanted].slice(0, NAMES);
    for (const name of names) this.wanted.delete(name);
    try {
      const users = await this.api('GET', `users?names=${names.join(',')}&limit=${NAMES}`, { as: 'users', signal: this.signal });
      const guests = new Set(users.filter(({ guest }) => guest).map(({ name }) => name));
      for (const name of names) this.known.set(name, guests.has(name));
      this.mark();
    } catch { /* it is only a mark */ }
    if (this.wanted.size && !this.signal.aborted) this.timer = setTimeout(() => this.#ask(), PAUSE_MS);
  }
}
