// Loading the history of the open conversation: what is missing around the screen, the messages that are quoted, and what
// is new in a room that the user has not joined.

import { Refusal } from '../api.js';
import { learnStates } from '../changes.js';

const PAGE = 100;

/**
 * Brings the open room up to date if the user has not joined it: no poll does. The room keeps how far that has come.
 * @param {(page: {messages: Message[], changed?: Message[]}) => void} take takes what is new
 */
export async function catchUpUnjoined({ api, store, navigation }, take) {
  const room = navigation.current;
  if (!room?.isLoaded || room.isJoined) return;
  const news = await newsOf(room, api);
  if (room !== navigation.current || room.isJoined) return;
  if (news.isLost) return void store.lose(room);
  navigation.reopenAfter(() => {
    if (!news.page) return room.drop();
    // They are no news: the room may have been opened further up.
    room.heard = Math.max(room.heard, news.heard ?? 0);
    take(news.page);
    learnStates(store, news.page.conversations ?? []);
    room.cursor = news.cursor;
  });
}

/**
 * Returns a page of what is new in a room, or none if the messages are to be loaded again: the reader is at the end, and
 * it is far from there now.
 */
async function newsOf(room, api) {
  const path = `${room.path}/subscribe?wait=0&limit=500&changes=true`;
  try {
    if (room.cursor) {
      const page = await api('GET', `${path}&cursor=${room.cursor}`, { as: 'poll' });
      return page.more && room.view?.isStuck ? {} : { page, cursor: page.cursor };
    }
    const { cursor } = await api('GET', path, { as: 'cursor' });
    // What was loaded before may have changed since.
    const page = await api('GET', `${room.path}/messages?limit=500`, { as: 'page' });
    const { messages, messages: { 0: first, length, [length - 1]: last } } = page;
    const heard = last?.seq;
    if (!(first?.seq > room.last + 1)) return { page, cursor, heard };
    if (room.view?.isStuck) return {};
    // The reader stays, and finds the end by scrolling there.
    const shown = await api('GET', `${room.path}/messages?after=${(room.view?.from || room.first) - 1}&limit=500`, { as: 'page' });
    room.see(last);
    return { page: { messages: [], changed: [...shown.messages, ...messages] }, cursor, heard };
  } catch (refusal) {
    if (refusal.status === 404) return { isLost: true };
    if (refusal.status === 410) return {};
    throw refusal;
  }
}

export class History {
  /** @param {Log} shown the log, whose `view` is filled */
  constructor(shown, api) {
    Object.assign(this, { shown, api });
    /** Why it could not be loaded, or ''. */
    this.trouble = '';
  }

  /** Begins a visit to a conversation. Loading what belongs to another one ends here. */
  begin() {
    this.visit?.abort();
    this.visit = new AbortController();
    this.trouble = '';
    this.quotes = new Set(); // those that were asked for
  }

  /** Loads and draws what is missing around the screen. Resolves when all of it is there, or was refused. */
  async fill() {
    if (!this.shown.view) return;
    this.isLacking = true;
    await (this.filling ??= this.#fill());
  }

  /** Returns whether the conversation has a message, as far as the server answers. */
  async isThere(seq) {
    const path = `${this.shown.conversation.path}/messages?after=${seq - 1}&limit=1`;
    try {
      const { messages } = await this.api('GET', path, { as: 'page', signal: this.visit.signal });
      return messages.length > 0;
    } catch {
      return true;
    }
  }

  /** Loads again what may hang on a dead connection. */
  fillAgain() {
    this.visit?.abort();
    this.visit = new AbortController();
    return this.fill();
  }

  async #fill() {
    try {
      // The user may go elsewhere between the last step and its end.
      while (this.isLacking) {
        this.isLacking = false;
        while (await this.#fillOnce());
      }
    } finally {
      this.filling = null;
    }
    this.shown.render();
    this.#loadQuotes();
  }

  /** Does one step. Returns false if there is nothing left to do, or if it failed. */
  async #fillOnce() {
    const { signal } = this.visit;
    try {
      const isMore = await this.#step();
      this.trouble = '';
      return isMore;
    } catch (refusal) {
      // The user has opened another conversation, which is to be filled now.
      if (signal.aborted) return true;
      if (!(refusal instanceof Refusal)) throw refusal;
      [this.trouble, this.isLacking] = [refusal.words, false];
      return false;
    }
  }

  async #step() {
    const { shown, shown: { view, view: { conversation } } } = this;
    if (!view.isFramed) {
      const { goal } = view;
      if (!view.isGoalLoaded) await this.#load(view.goalQuery, true);
      // Meanwhile the user may have wanted to go elsewhere.
      if (view.goal === goal) shown.frame();
      return true;
    }
    const side = view.lacks(shown.log);
    if (!side) return false;
    const query = side === 'older' ? { before: conversation.first } : { after: conversation.last };
    const isMore = view.has(side) || (await this.#load(query));
    if (isMore) {
      view.move(side);
      shown.render();
    }
    return isMore;
  }

  /** Loads a page of history. Does not draw it: the caller does, together with what that changes. */
  async #load(query, anew = false) {
    const { shown: { conversation }, visit: { signal } } = this;
    const parameters = new URLSearchParams({ ...query, limit: PAGE });
    const path = `${conversation.path}/messages?${parameters}`;
    const { messages } = await this.api('GET', path, { as: 'page', signal });
    // Without `after` and `before` it is the newest page, and nothing comes after it.
    const last = messages[messages.length - 1]?.seq ?? Infinity;
    if (anew) conversation.messages = conversation.messages.filter((message) => message.seq > last);
    conversation.absorb(messages);
    if (signal.aborted) throw signal.reason;
    return messages.length > 0;
  }

  /** Loads the messages that are quoted in the window, and not known. */
  async #loadQuotes() {
    const { shown, quotes, shown: { view, view: { conversation } }, visit: { signal } } = this;
    const isMissing = (seq) => seq && !quotes.has(seq) && !conversation.find(seq);
    const next = () => {
      for (let seq = view.from; seq && seq <= view.to; seq += 1) {
        const to = conversation.at(seq)?.reply_to;
        if (isMissing(to)) return to;
      }
      return null;
    };
    try {
      for (let seq; !signal.aborted && (seq = next());) {
        quotes.add(seq);
        const message = await this.api('GET', `${conversation.path}/messages/${seq}`, { as: 'message', signal });
        if (!conversation.find(seq)) conversation.keep(message);
        if (view === shown.view) shown.render();
      }
    } catch { /* the line says that there is an earlier message */ }
  }
}
