// What a chat does with modules that are loaded when they are first used: changing messages, and most dialogs.

import { whyNot } from '../admission.js';
import { Refusal, createApi } from '../api.js';
import { rights } from '../changes.js';
import { ask } from '../dom.js';
import { NOT_LOADED, later, loadQuietly } from '../later.js';
import { mayManage, whyClosed } from '../rooms.js';
import { Bookmark, sessions } from '../session.js';

const CHANGING = ['changing', 'editor', 'picker', 'sheet', 'completion'];
const DIALOGS = ['finder', 'palette', 'ranking', 'appearance', 'account', 'person', 'room', 'invite', 'share', 'qr', 'mentions'];

export class Extras {
  /** @param {Chat} chat */
  constructor(chat) {
    this.chat = chat;
    /** @type {Changing|null} */
    this.changing = null;
    /** @type {MentionsDialog|null} The one that was opened last. */
    this.mentionsDialog = null;
    this.finder = null;
  }

  /** Loads everything that was not used yet. */
  loadQuietly() {
    return loadQuietly([...CHANGING, ...DIALOGS], this.chat.life.signal);
  }

  /** Loads modules, and says so if they cannot be loaded. Returns null then, and if the chat has ended meanwhile. */
  async #load(...names) {
    const { life: { signal }, notices } = this.chat;
    try {
      const modules = await Promise.all(names.map(later));
      return signal.aborted ? null : modules;
    } catch {
      if (!signal.aborted) notices.alert(NOT_LOADED);
      return null;
    }
  }

  // --- changing messages

  /** Returns what the user may do with a message, or null if the server, or this room, allows nothing. */
  rights(message) {
    const { me, store, log: { conversation } } = this.chat;
    if (!store.canChange || !conversation?.isJoined) return null;
    const isManager = conversation.kind === 'room' && mayManage(conversation, store.isAdmin);
    return rights(message, { me, isManager, isClosed: Boolean(whyClosed(conversation, store.isAdmin)) });
  }

  async #toChange() {
    const modules = await this.#load('changing', 'editor', 'picker');
    if (!modules) return null;
    const [{ Changing }, { Editor }, { pickEmoji }] = modules;
    const { me, api, store, notices, log, composer } = this.chat;
    const does = { me, api, store, notices, log, composer, Editor, pickEmoji };
    this.changing ??= new Changing({ ...does, rights: (message) => this.rights(message) });
    return this.changing;
  }

  /** @param {'react'|'reply'|'edit'|'link'|'unread'|'delete'|'sheet'} what */
  async act(what, message) {
    if (what === 'reply') this.chat.composer.reply(message);
    else if (what === 'link') await this.#copyLink(message);
    else if (what === 'unread') this.#leaveUnread(message);
    else if (what === 'sheet') await this.#openSheet(message);
    else await (await this.#toChange())?.act(what, message);
  }

  async #copyLink(message) {
    const { notices, store } = this.chat;
    const link = location.origin + location.pathname + Bookmark.hash(store.ofMessage(message), message.seq);
    try {
      await navigator.clipboard.writeText(link);
      notices.alert('The link to this message is copied.');
    } catch {
      notices.alert(link);
    }
  }

  #leaveUnread(message) {
    const { actions, notices, positions, store } = this.chat;
    notices.say('Marked as unread');
    actions.attempt(() => positions.leaveUnread(store.ofMessage(message), message.seq - 1));
  }

  async #openSheet(message) {
    const modules = await this.#load('sheet');
    modules?.[0].openSheet(message, this.rights(message), {
      act: (what) => this.act(what, message), toggle: (emoji) => this.toggle(message, emoji),
      say: (words) => this.chat.notices.alert(words),
    });
  }

  async toggle(message, emoji) {
    (await this.#toChange())?.toggle(message, emoji);
  }

  /** Edits the user's last message that is loaded. Returns whether there is one. */
  editLast() {
    const { messages = [] } = this.chat.log.conversation ?? {};
    const last = [...messages].reverse().find((message) => this.rights(message)?.canEdit);
    if (last) this.#edit(last);
    return Boolean(last);
  }

  /** Edits a message. What is typed before its box is open belongs there. */
  #edit(message) {
    const { composer, log } = this.chat;
    return composer.divert(async () => {
      await this.act('edit', message);
      return log.editor?.message?.id === message.id ? (text, isSent) => log.editor.type(text, isSent) : null;
    });
  }

  /** Shows each open text of a message as it is now. */
  update() {
    this.mentionsDialog?.draw();
    if (this.changing) this.changing.update();
    // A draft that answers a message, from before a reload.
    else if (this.chat.composer.answered && !this.isLoading) this.#updateSoon();
  }

  async #updateSoon() {
    this.isLoading = true;
    (await this.#toChange())?.update();
    this.isLoading = false;
  }

  // --- typing

  /** Completes a name that is being typed, if there is one. */
  async complete(box) {
    if (!this.completion && !/[@#][^\s@#]*$/.test(box.value.slice(0, box.selectionStart))) return;
    const modules = await this.#load('completion', 'ranking');
    if (!modules) return;
    const { api, store, navigation, life: { signal } } = this.chat;
    const [{ Completion }, { rank }] = modules;
    this.completion ??= new Completion({ api, store, rank, conversation: () => navigation.current }, signal);
    if (box === document.activeElement) this.completion.update(box);
  }

  // --- dialogs

  /** Lets the user go to any room or user. */
  async goTo() {
    const modules = await this.#load('palette', 'ranking');
    if (!modules || document.querySelector('dialog[open]')) return;
    const [{ Palette }, { rank }] = modules;
    const { store, api, navigation, actions, composer } = this.chat;
    await new Palette({
      store, api, rank, current: navigation.current, open: (kind, name) => navigation.open(kind, name),
      create: (name) => actions.create(name), done: () => composer.focus(),
    }).show();
  }

  /** @param {'rooms'|'people'} kind */
  async find(kind) {
    const modules = await this.#load('finder');
    if (!modules) return;
    const { store, api, life: { signal }, navigation, actions, composer } = this.chat;
    this.finder ??= new modules[0].Finder({
      store, api, signal, open: (kind, name) => navigation.open(kind, name), done: () => composer.focus(),
      join: (name) => actions.joinByName(name), create: (name) => actions.create(name),
    });
    await this.finder.show(kind);
  }

  /** Lists the messages that mention the user. */
  async mentions() {
    const modules = await this.#load('mentions');
    if (!modules) return;
    const { store, lookBack, log, navigation } = this.chat;
    const open = async (message) => {
      navigation.show(store.ofMessage(message));
      await log.goTo(message.seq);
    };
    this.mentionsDialog = new modules[0].MentionsDialog({ store, lookBack, open });
    this.mentionsDialog.show();
  }

  // --- codes

  /** Asks a user who is already here whether to use an invitation: it may lead to rooms. */
  async accept(code) {
    const { api, me, notices, sync } = this.chat;
    const text = `You are signed in as ${me}. With this invitation you join its rooms, if it names any.`;
    if (!(await ask('Use this invitation?', text, 'Use it', 'Not now'))) return;
    try {
      const { token } = await api('POST', 'connect', { body: { code }, as: 'session' });
      // It came with a session that nobody needs.
      createApi(() => token)('POST', 'disconnect').catch(() => {});
      notices.alert('You have used the invitation.');
      sync.refresh();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      notices.alert(whyNot(refusal, { mode: 'invite', username: me, isInvited: true })[0]);
    }
  }

  // --- accounts, people, rooms, invitations

  /** Loads a dialog, and what shows codes in it. Calls `open` with both. */
  async #open(name, open) {
    const modules = await this.#load(name, 'share', 'qr');
    if (!modules) return;
    const [dialog, { share }, draw] = modules;
    await open(dialog, (kind, made) => share(kind, made, draw));
  }

  #account(open) {
    const { api, me, session, sync } = this.chat;
    const became = () => {
      session.user.guest = false;
      sessions.update(session);
      sync.learnAccount();
    };
    return this.#open('account', ({ Account }, share) => open(new Account({
      api, me, about: this.chat.store.about, share, became, end: (notice) => this.chat.end(notice), leaving: (notice) => { this.chat.farewell = notice; },
    })));
  }

  account() {
    return this.#account((account) => account.show());
  }

  devices() {
    return this.#account((account) => account.showDevices());
  }

  async appearance() {
    const modules = await this.#load('appearance');
    modules?.[0].showAppearance(() => this.chat.redraw());
  }

  person(name) {
    const { api, me, actions, navigation, sync } = this.chat;
    const write = (to) => actions.attempt(() => navigation.open('direct', to));
    const role = async () => (await sync.learnAccount())?.role;
    return this.#open('person', ({ Person }, share) => new Person({ api, me, write, role, share }).show(name));
  }

  invite() {
    const { api, store, navigation: { current } } = this.chat;
    const room = current?.kind === 'room' && current.roomId !== 1 ? current.name : '';
    return this.#open('invite', ({ Invite }, share) => new Invite({ api, about: store.about, room, share }).show());
  }

  /** Shows what there is to know about the open conversation. */
  details() {
    const { navigation: { current } } = this.chat;
    if (current?.kind === 'direct') return this.person(current.name);
    return current && this.#rooms((dialogs) => dialogs.show(current));
  }

  create(isGroup) {
    return this.#rooms((dialogs) => dialogs.create(isGroup));
  }

  #rooms(open) {
    const { api, me, actions, navigation, store, sync } = this.chat;
    const learn = (room) => {
      navigation.reopenAfter(() => navigation.learnRoom(room));
      store.changed();
    };
    return this.#open('room', ({ RoomDialogs }) => open(new RoomDialogs({
      api, me, learn, account: () => sync.learnAccount(), entered: (room) => actions.entered(room), person: (name) => this.person(name),
    })));
  }

  /** Asks for a new password after a sign-in by a recovery code. */
  async recover() {
    try {
      const { may_set_password: mayRecover } = await this.chat.api('GET', 'me', { as: 'me' });
      if (mayRecover) await this.account();
    } catch { /* the user finds it under "Account" */ }
  }
}
