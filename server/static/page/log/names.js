// Names in the log: in texts, only those of users and rooms that exist are drawn as such, and authors are marked as
// guests. The server is asked for those that the page does not know.

import { element } from '../dom.js';
import { Bookmark } from '../session.js';
import { Lookup, findRooms } from './lookup.js';

export class Names {
  /** @param {HTMLElement} log */
  constructor(log, { me, api, store, signal }) {
    Object.assign(this, { log, me, api, store, signal });
    const changed = () => this.mark();
    // A guest may make an account.
    this.users = new Lookup({ find: (names) => this.#findUsers(names), isLasting: ({ guest }) => !guest, changed, signal });
    this.rooms = new Lookup({ find: (names) => findRooms(names, (path) => this.#get(path, 'rooms')), changed, signal });
    const observer = new MutationObserver(changed);
    observer.observe(log, { childList: true, subtree: true });
    signal.addEventListener('abort', () => observer.disconnect());
  }

  /** Draws each name in the log as what it is. */
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
    for (const author of this.log.querySelectorAll('.author')) {
      const isGuest = this.#isGuest(author.textContent);
      const mark = author.nextElementSibling?.matches('.badge') && author.nextElementSibling;
      if (isGuest && !mark) author.after(element('span', { className: 'badge' }, 'guest'));
      else if (!isGuest && mark) mark.remove();
    }
  }

  #isUser(name) {
    const { store } = this;
    // Servers before 0.2 do not list users by name.
    return name === this.me || !store.canChange || store.isOnline(name) || Boolean(this.users.get(name));
  }

  #isRoom(name) {
    return Boolean(this.store.conversations.get(`room/${name}`)?.roomId || this.rooms.get(name));
  }

  #isGuest(name) {
    const { store } = this;
    if (name === this.me) return store.account?.guest ?? false;
    if (store.isOnline(name)) return store.guests.has(name);
    return store.canChange && Boolean(this.users.get(name)?.guest);
  }

  #get(path, as) {
    return this.api('GET', path, { as, signal: this.signal });
  }

  #findUsers(names) {
    return this.#get(`users?names=${names.join(',')}&limit=${names.length}`, 'users');
  }
}
