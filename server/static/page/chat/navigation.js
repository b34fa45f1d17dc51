// Which conversation is open: finding it, showing it, and restoring it after a reload.

import { Refusal } from '../api.js';
import { Bookmark } from '../session.js';

export class Navigation {
  /** @param {() => void} render draws everything @param {() => void} schedule draws everything soon */
  constructor({ api, store, bookmark, notices, sidebar, composer, log, render, schedule, signal }) {
    Object.assign(this, { api, store, bookmark, notices, sidebar, composer, log, render, schedule, signal });
    /** @type {Conversation|undefined} */
    this.current = undefined;
  }

  /** Opens a conversation by its name. Throws a Refusal if there is none. */
  async open(kind, name, how) {
    const known = this.store.conversations.get(`${kind}/${name}`);
    if (kind === 'room' && !known?.roomId) await this.findRoom(name);
    if (kind === 'direct' && !known?.newest) await this.api('GET', `direct/${name}/messages?limit=1`);
    this.show(this.store.conversation(kind, name), how);
  }

  /** Finds a room among all rooms. Throws a Refusal if there is none of that name. */
  async findRoom(name) {
    for (let after = 0, page; !page || page.length === 500; after = page.at(-1)?.id) {
      page = await this.api('GET', `rooms?limit=500&after=${after}`);
      const room = page.find((room) => room.name === name);
      if (room) return this.learnRoom(room);
    }
    throw new Refusal(404, { detail: `There is no room ${name}.` });
  }

  /** Takes a room as the server describes it. */
  learnRoom(room) {
    const conversation = this.store.conversation('room', room.name);
    [conversation.roomId, conversation.isJoined, conversation.members] = [room.id, room.joined, room.members];
    return conversation;
  }

  /**
   * Shows a conversation at once, with what is known of it. The rest is loaded.
   * @param {Conversation} conversation
   */
  show(conversation, { scroll = null, isNavigation = true } = {}) {
    this.sidebar.toggle(false);
    this.notices.alert('');
    const hash = Bookmark.hash(conversation);
    if (location.hash !== hash) history[isNavigation ? 'pushState' : 'replaceState'](null, '', hash);
    this.current = conversation;
    this.composer.show(conversation, this.bookmark.drafts[conversation.key] ?? '');
    const filled = this.log.open(conversation, scroll);
    this.render();
    this.composer.focus();
    if (conversation.kind === 'room') this.#countMembers(conversation);
    filled.then(() => this.keepScroll());
  }

  async #countMembers(conversation) {
    try {
      conversation.members = (await this.api('GET', conversation.path)).members;
      this.schedule();
    } catch { /* it is only a number */ }
  }

  /** Shows the conversation of the address, else that of the bookmark, else "general". */
  async restore() {
    const { scroll } = this.bookmark;
    const [kind, name] = Bookmark.parse(location.hash) ?? scroll?.conversation.split('/') ?? ['room', 'general'];
    const isSame = scroll?.conversation === `${kind}/${name}`;
    try {
      await this.open(kind, name, { scroll: isSame ? scroll : null, isNavigation: false });
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      await this.open('room', 'general', { isNavigation: false }).catch(() => {});
      const missing = `There is no ${kind === 'room' ? 'room' : 'user'} “${name}”.`;
      this.notices.alert(refusal.status === 404 ? missing : refusal.words);
    }
  }

  /** Goes on with what a lost connection has interrupted. */
  resume() {
    if (this.current) this.log.fill();
    else if (this.store.isReady) this.restore();
  }

  /** Shows the next conversation of the sidebar in a direction, or the next one with unread messages. */
  step(direction, onlyUnread) {
    const order = this.sidebar.order(this.current);
    const at = order.indexOf(this.current);
    for (let steps = 1; steps <= order.length; steps += 1) {
      const next = order[(at + direction * steps + order.length * steps) % order.length];
      if (!onlyUnread || next.unread) return void this.show(next);
    }
  }

  keepScroll() {
    if (this.signal.aborted) return;
    this.bookmark.scroll = this.log.takeBookmark();
    this.bookmark.saveSoon();
  }

  keepDraft(draft) {
    if (draft) this.bookmark.drafts[this.current.key] = draft;
    else delete this.bookmark.drafts[this.current.key];
    this.keepScroll();
  }
}
