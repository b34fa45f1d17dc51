// Looking back for messages that mention the user. A poll brings new ones; of older ones only history has the texts.

import { plural } from './basics.js';

/** The rooms that are looked through, those with the latest messages. */
const ROOMS = 30;
const PAGE = 100;

export class LookBack {
  constructor({ api, store, signal }) {
    Object.assign(this, { api, store, signal });
  }

  get #latest() {
    return [...this.store.rooms].sort((a, b) => b.newestId - a.newestId).slice(0, ROOMS);
  }

  #hasMore = (room) => room.lookedTo > 1 && room.newest > 0;

  #wasLookedThrough = ({ lookedTo }) => lookedTo < Infinity;

  /** Whether there are older messages to look through. */
  get hasMore() { return this.#latest.some(this.#hasMore); }

  /** Looks through the latest messages of each room with unread ones. */
  async unread() {
    try {
      await this.#through(this.#latest.filter((room) => room.unread && !this.#wasLookedThrough(room)));
    } catch { /* those that are not found are not counted, but listed once the user asks for them */ }
  }

  /** Looks through the latest messages of each room that was not looked through. Throws a Refusal. */
  async latest() {
    await this.#through(this.#latest.filter((room) => room.newest && !this.#wasLookedThrough(room)));
  }

  /** Looks one page further back in each room. Throws a Refusal. */
  async further() {
    await this.#through(this.#latest.filter(this.#hasMore));
  }

  /** Asks one room after another, so that whatever the user does meanwhile is answered first. */
  async #through(rooms) {
    for (const room of rooms) {
      if (this.signal.aborted) return;
      const { lookedTo } = room;
      const before = this.#wasLookedThrough(room) ? `&before=${lookedTo}` : '';
      const { messages } = await this.api('GET', `${room.path}/messages?limit=${PAGE}${before}`, { as: 'page', signal: this.signal });
      // Meanwhile the room was left and joined again.
      if (room.lookedTo !== lookedTo) continue;
      for (const message of messages) room.note(message);
      room.lookedTo = messages.length === PAGE ? messages[0].seq : 1;
      this.store.changed();
    }
  }

  /** Says how far back it has looked. */
  get reach() {
    const rooms = this.#latest.filter(({ newest }) => newest > 0);
    const others = this.store.rooms.filter(({ newest }) => newest > 0).length - rooms.length;
    const depths = rooms.filter(this.#hasMore).map((room) => room.newest + 1 - Math.min(room.lookedTo, room.newest + 1));
    const far = depths.length ? `at least the latest ${plural(Math.min(...depths), 'message')}` : 'all messages';
    const left = others > 0 ? ` ${plural(others, 'quieter room was', 'quieter rooms were')} left out.` : '';
    return `Looked through ${far} ${rooms.length > 1 ? 'in each of' : 'in'} ${plural(rooms.length, 'room')}.${left}`;
  }
}
