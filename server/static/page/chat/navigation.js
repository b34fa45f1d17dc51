// Which conversation is open (`Navigation`), and what the user does there (`Actions`).

import { Refusal } from '../api.js';
import { SECOND, sleep } from '../basics.js';
import { ask, tellMoved } from '../dom.js';
import { describe } from '../rooms.js';
import { Bookmark } from '../session.js';
import { offer } from '../toast.js';

/** For so long, a room counts as joined. A server of 0.1 does not say that it was left on another device. */
const JOINED_SECONDS = 3;

export class Navigation {
  /** @param {() => void} render draws everything @param {() => void} schedule draws everything soon */
  constructor({ api, store, bookmark, notices, sidebar, composer, log, render, schedule, signal }) {
    Object.assign(this, { api, store, bookmark, notices, sidebar, composer, log, render, schedule, signal });
    /** @type {Conversation|undefined} */
    this.current = undefined;
    /** How often a conversation was asked for. A late answer does not replace one that was asked for since. */
    this.wanted = 0;
  }

  /**
   * Opens a conversation by its name, unless the user goes elsewhere meanwhile. Returns whether it is open. Throws a
   * Refusal if there is none.
   */
  async open(kind, name, how) {
    const { hash } = location;
    const wanted = this.wanted += 1;
    // If the address has changed, the event that tells so is on its way.
    const isElsewhere = () => wanted !== this.wanted || location.hash !== hash;
    try {
      await this.#find(kind, name);
    } catch (refusal) {
      if (isElsewhere()) return false;
      throw refusal;
    }
    if (isElsewhere()) return false;
    this.show(this.store.conversation(kind, name), how);
    return true;
  }

  /** Asks the server for a conversation that the page does not know. Throws a Refusal if there is none. */
  async #find(kind, name) {
    const known = this.store.conversations.get(`${kind}/${name}`);
    if (kind === 'room' && !known?.roomId) await this.findRoom(name);
    if (kind === 'direct' && !known?.newest) {
      await this.api('GET', `direct/${name}/messages?limit=1`, { as: 'page' });
    }
  }

  /** Finds a room, archived or not. Throws a Refusal if there is none of that name. */
  async findRoom(name) {
    const found = await this.api('GET', `rooms?name=${name}`, { as: 'rooms' });
    const room = found.find((room) => room.name === name);
    if (!room) throw new Refusal(404, { detail: `There is no room ${name}.` });
    return this.reopenAfter(() => this.learnRoom(room));
  }

  /** Takes a room as the server describes it. If it was joined again, its messages are gone. */
  learnRoom(room) {
    const conversation = this.store.conversation('room', room.name);
    [conversation.roomId, conversation.members] = [room.id, room.members];
    conversation.setJoined(room.joined);
    describe(conversation, room);
    return conversation;
  }

  /** Runs `take`, and reloads the open conversation if that has dropped its messages. */
  reopenAfter(take) {
    const { current } = this;
    const wasLoaded = current?.isLoaded;
    const taken = take();
    if (wasLoaded && !current.isLoaded && current === this.current) this.log.open(current);
    return taken;
  }

  /**
   * Shows a conversation at once, with what is known of it. The rest is loaded.
   * @param {Conversation} conversation
   */
  show(conversation, { scroll = null, isNavigation = true } = {}) {
    this.wanted += 1;
    this.sidebar.toggle(false);
    this.notices.alert('');
    const hash = Bookmark.hash(conversation);
    if (location.hash !== hash) history[isNavigation ? 'pushState' : 'replaceState'](null, '', hash);
    this.current = conversation;
    this.showDraft();
    const filled = this.log.open(conversation, scroll);
    this.render();
    this.composer.focus();
    if (conversation.kind === 'room') this.#countMembers(conversation);
    filled.then(() => this.keepScroll());
  }

  async #countMembers(conversation) {
    try {
      const room = await this.api('GET', conversation.path, { as: 'room' });
      conversation.members = room.members;
      describe(conversation, room);
      this.schedule();
    } catch { /* it is only a number */ }
  }

  /**
   * Shows the conversation of the address, else that of the bookmark, else "general". If it cannot be shown, the one
   * that is open stays: the user may be typing.
   */
  async restore() {
    const { bookmark: { scroll }, current } = this;
    const wanted = Bookmark.parse(location.hash);
    // An address within the page, such as that of the skip link.
    if (current && !wanted) return this.#stay();
    const [kind, name, seq] = wanted ?? scroll?.conversation.split('/') ?? ['room', 'general'];
    const isSame = !seq && scroll?.conversation === `${kind}/${name}`;
    try {
      const isOpen = await this.open(kind, name, { scroll: isSame ? scroll : null, isNavigation: false });
      if (isOpen && seq) await this.#showMessage(seq);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (current) this.#stay();
      else if (refusal.isTransient) return this.#restoreLater(refusal);
      // A guest may see no other rooms than those of the invitation.
      else if (!(await this.open('room', this.store.home.name, { isNavigation: false }).catch(() => true))) return;
      const missing = kind === 'room' ? `There is no room “${name}”, or you may not see it.` : `There is no user “${name}”.`;
      this.notices.alert(refusal.status === 404 ? missing : refusal.words);
    }
  }

  /** Goes to a message of the open conversation. */
  async #showMessage(seq) {
    const { log, log: { view } } = this;
    if (!(await log.goTo(seq)) && view === log.view) this.notices.alert('This message is not there.');
  }

  async #restoreLater(refusal) {
    this.notices.alert(refusal.words);
    await sleep(SECOND, this.signal);
    if (!this.current && !this.signal.aborted) await this.restore();
  }

  /** Leaves a room that the user may not see any more. Nothing of it stays: no text, no draft. */
  lost(conversation) {
    this.bookmark.setDraft(conversation.key, '');
    this.notices.forgetConversation(conversation.key);
    if (this.current !== conversation) return;
    this.composer.clear();
    this.moveOn(`You ${conversation.wasJoined ? 'are no longer in' : 'can no longer see'} ${conversation.label}.`);
  }

  /** Leaves a conversation that is gone for the home room. Text that is still being typed must not be sent there. */
  moveOn(words) {
    const isTyping = document.activeElement?.matches('#text, .editor textarea');
    this.show(this.store.home, { isNavigation: false });
    this.notices.alert(words);
    if (isTyping) tellMoved(words, `What you write next goes to ${this.current.label}.`);
  }

  #stay() {
    history.replaceState(null, '', Bookmark.hash(this.current));
  }

  /** Goes on with what a lost connection has interrupted. */
  resume() {
    if (this.current) this.log.fillAgain();
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

  // --- drafts

  showDraft() {
    this.composer.show(this.current, this.bookmark.draft(this.current.key));
  }

  keepDraft(text, replyTo) {
    this.bookmark.setDraft(this.current.key, text, replyTo);
    this.keepScroll();
  }

  /** Makes no draft answer a message: the server has another database, with other messages. */
  forgetReplies() {
    this.bookmark.forgetReplies();
    if (this.current) this.showDraft();
  }

  /** Takes a draft that was typed, or sent, in another tab. */
  draftsChanged() {
    this.bookmark.load();
    if (!this.current || document.hasFocus()) return;
    this.showDraft();
    this.schedule();
  }
}

export class Actions {
  constructor({ api, store, outbox, tabs, notices, log, navigation }) {
    Object.assign(this, { api, store, outbox, tabs, notices, log, navigation });
  }

  /** @param {number} [replyTo] the seq of the message that the text answers */
  write(text, replyTo) {
    this.notices.alert('');
    this.log.wrote(this.outbox.put(this.navigation.current, text, replyTo));
  }

  /** Sends an item of the outbox. */
  async post({ conversation: key, text, replyTo, key: idempotencyKey }) {
    const conversation = this.store.conversation(...key.split('/'));
    if (conversation.kind === 'room') await this.#checkJoined(conversation);
    // The browser completes the request even if the page is closed meanwhile.
    const body = { text, reply_to: replyTo };
    const options = { body, as: 'message', key: idempotencyKey, keepalive: true, seconds: 10 };
    return this.api('POST', `${conversation.path}/messages`, options);
  }

  /** Throws a Refusal if the user has left a room elsewhere. The server would take the message, and bring no answer. */
  async #checkJoined(room) {
    const asked = performance.now();
    if (!room.roomId) await this.navigation.findRoom(room.name);
    else if (room.roomId > 1 && asked - room.checkedAt > JOINED_SECONDS * SECOND) {
      const { joined } = await this.api('GET', room.path, { as: 'room', seconds: 10 });
      this.navigation.reopenAfter(() => room.learnJoined(joined, asked));
      this.store.changed();
    }
    if (room.isJoined) return;
    throw new Refusal(409, { detail: `You have left ${room.label}, perhaps on another device. Join it to send this.` });
  }

  async create(name) {
    const { wanted } = this.navigation;
    await this.entered(await this.api('POST', 'rooms', { body: { name }, as: 'room' }), wanted);
  }

  async joinByName(name) {
    await this.join(await this.navigation.findRoom(name));
  }

  async join(conversation) {
    const { wanted } = this.navigation;
    await this.api('POST', `${conversation.path}/join`);
    await this.entered(await this.api('GET', conversation.path, { as: 'room' }), wanted);
  }

  /**
   * Shows a room that was just joined, unless the user has gone elsewhere since `wanted` was read. Its unread messages
   * begin at the newest message.
   */
  async entered(room, wanted = this.navigation.wanted) {
    const { navigation } = this;
    const asked = performance.now();
    const status = await this.api('GET', `status?room=${room.name}`, { as: 'status' });
    const conversation = navigation.learnRoom(room);
    conversation.joinedAt = conversation.checkedAt = performance.now();
    this.store.adoptPosition(conversation, status.conversations[0], asked);
    conversation.heard = conversation.newest;
    this.tabs.say({ kind: 'refresh' });
    if (wanted === navigation.wanted || conversation === navigation.current) navigation.show(conversation);
  }

  /** Leaves a room. A public one can be joined again at once; before leaving a private one, the user is asked. */
  async leave(conversation) {
    const { label, isPrivate } = conversation;
    const warning = 'The room is private: you can only come back if you are added or invited again.';
    if (isPrivate && !(await ask(`Leave ${label}?`, warning, 'Leave', 'Stay', true))) return;
    await this.api('POST', `${conversation.path}/leave`);
    [conversation.isJoined, conversation.joinedAt] = [false, performance.now()];
    this.tabs.say({ kind: 'refresh' });
    if (isPrivate) return void this.store.lose(conversation);
    // Meanwhile the user may have gone elsewhere.
    if (this.navigation.current === conversation) this.navigation.show(this.store.home);
    offer(`You have left ${label}.`, 'Undo', () => this.attempt(() => this.join(conversation)));
  }

  /** Runs an action, and says so if the server refuses it. */
  async attempt(action) {
    try {
      await action();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      this.notices.alert(refusal.words);
    }
  }
}
