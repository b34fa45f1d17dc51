// One session in one tab, from the first request to signing out: its parts, its life, and drawing them together.

import { mayInvite } from '../admission.js';
import { Refusal, createApi } from '../api.js';
import { applyHours } from '../appearance.js';
import { either, fullTime, plural } from '../basics.js';
import { Tabs } from '../connection.js';
import { $, ask, isVisible, paintFace, setLabel, setText } from '../dom.js';
import { Sidebar } from '../lists.js';
import { Members } from '../lists/members.js';
import { Log } from '../log/log.js';
import { LookBack } from '../mentions.js';
import { Names } from '../log/names.js';
import { Notices } from '../notices.js';
import { Outbox, ReadPositions } from '../outbox.js';
import { subtitleOf, whyClosed } from '../rooms.js';
import { Bookmark, Renewal, leftovers, ofBrowser, sessions } from '../session.js';
import { Store } from '../store.js';
import { withdraw } from '../toast.js';
import { Extras } from './extras.js';
import { FirstSteps } from './first_steps.js';
import { Composer, listen } from './keys.js';
import { Actions, Navigation } from './navigation.js';
import { Sync } from './sync.js';

export class Chat {
  /**
   * @param {Session} session
   * @param {(notice: string) => void} ended called when the session is over, and again if there is more to say about it
   */
  constructor(session, ended) {
    this.session = session;
    this.ended = ended;
    /** What is said if the session ends now, because the user wants that. */
    this.farewell = '';
    this.life = new AbortController();
    const { signal } = this.life;
    this.call = createApi(() => session.token);
    const api = this.api = (...request) => this.#api(...request);
    const me = this.me = session.user.name;
    const left = leftovers.take(me);

    const store = this.store = new Store(me, () => this.schedule());
    const bookmark = this.bookmark = new Bookmark(session, left.drafts);
    const tabs = this.tabs = new Tabs(sessions.nameOf(session), {
      lead: (term) => this.sync.lead(term), hear: (word) => this.sync.hear(word), state: () => this.sync.state,
      isVisible,
    }, signal);
    const extras = this.extras = new Extras(this);
    const positions = this.positions = new ReadPositions(store, tabs, api, signal);
    const renewal = this.renewal = new Renewal(session, {
      call: api, ask: this.call, isLeading: () => tabs.isLeading, isAlone: () => tabs.isAlone,
      say: (word) => tabs.say(word),
    }, signal);
    const notices = this.notices = new Notices({ askWhoLooks: () => tabs.say({ kind: 'who looks' }), signal });
    const outbox = this.outbox = new Outbox(session, left.items, {
      post: (item) => this.actions.post(item), sent: (message) => this.#sent(message), changed: () => this.schedule(),
      failed: ({ text, reason }) => notices.say(`Not sent: ${text.slice(0, 100)}. ${reason}`),
      isConnected: () => this.sync.state.name === 'connected', signal,
    });
    const log = this.log = new Log({
      me, api, outbox, signal, seen: (conversation, seq) => positions.see(conversation, seq),
      moved: () => this.navigation.keepScroll(), decided: () => this.composer.focus(),
      changing: {
        rights: (message) => extras.rights(message), act: (what, message) => extras.act(what, message),
        toggle: (message, emoji) => extras.toggle(message, emoji),
      },
    });
    const sidebar = this.sidebar = new Sidebar({
      store, signal, open: (conversation) => this.navigation.show(conversation), closed: () => log.render(),
      write: (name) => this.actions.attempt(() => this.navigation.open('direct', name)),
      hasDraft: (key) => bookmark.hasDraft(key) || Boolean(store.conversations.get(key)?.hasUnsaved),
    });
    this.lookBack = new LookBack({ api, store, signal });
    this.firstSteps = new FirstSteps({ me, api, store, notices, account: () => extras.account(), signal });
    this.names = new Names($('log'), { me, api, store, signal });
    this.members = new Members({
      api, store, signal, person: (name) => extras.person(name), dialog: () => extras.details(),
    });
    const composer = this.composer = new Composer({
      send: (text, replyTo) => this.actions.write(text, replyTo),
      changed: (text, replyTo) => this.navigation.keepDraft(text, replyTo),
      editLast: () => extras.editLast(), signal,
    });
    const navigation = this.navigation = new Navigation({
      api, store, bookmark, notices, sidebar, composer, log, signal,
      render: () => this.render(), schedule: () => this.schedule(),
    });
    store.lost = (conversation) => {
      outbox.drop(conversation);
      navigation.lost(conversation);
    };
    this.actions = new Actions({ api, store, outbox, tabs, notices, log, navigation });
    this.sync = new Sync({
      api, store, tabs, outbox, positions, renewal, notices, navigation, signal, learned: describeServer,
      ended: (notice, isCut) => this.end(notice, isCut),
    });
    listen(this, signal);
  }

  // --- the beginning and the end

  /** Takes what the server says about itself. @param {About|null} about null: it is older than 0.2 */
  learn(about) {
    this.store.about = about;
    this.notices.serverName = about?.name ?? 'linger';
    setText($('sidebar-name'), this.notices.serverName);
    this.schedule();
  }

  async start() {
    document.body.dataset.view = 'chat';
    applyHours();
    $('chat').hidden = false;
    setText($('my-name'), this.me);
    paintFace($('my-face'), this.me);
    await this.sync.begin();
    if (this.life.signal.aborted) return;
    this.tabs.start();
    this.outbox.start();
    this.renewal.run();
    this.sync.refreshForever();
    await this.navigation.restore();
    this.lookBack.unread();
    this.extras.loadQuietly();
  }

  /** Tells the server that the user is gone, unless another tab is there. An older server does not know that call. */
  async goAway() {
    if (!this.tabs.isLast || this.isStaying) return;
    try {
      await this.call('POST', 'me/away', { keepalive: true });
    } catch (refusal) {
      this.isStaying = refusal.status === 404;
    }
  }

  async signOut() {
    if (this.session.user.guest && !(await ask('Leave for good?',
      `Guests have no password: you cannot sign in as ${this.me} again.`, 'Leave', 'Stay', true))) return;
    await this.outbox.settle(3);
    if (this.life.signal.aborted) return;
    const { length } = this.outbox.unsent;
    if (length && !(await ask('Sign out anyway?',
      `${plural(length, 'message was', 'messages were')} not sent and will be lost.`, 'Sign out', 'Stay', true))) return;
    // The poll ends first, so that nothing says that the session has ended.
    this.tabs.say({ kind: 'ended', notice: 'You have signed out in another tab.' });
    this.end('You have signed out.');
    try {
      await this.call('POST', 'disconnect', { keepalive: true });
    } catch (refusal) {
      if (!refusal.isSignedOut) this.ended('You have signed out here, but the server could not be notified.');
    }
  }

  /** Ends the session in this tab and removes all traces. If it was cut off, unsent messages and drafts are kept. */
  end(notice, isCut = false) {
    if (this.life.signal.aborted) return;
    this.life.abort();
    // A guest cannot sign in again, and another user may take the name.
    if (isCut && !this.session.user.guest) leftovers.keep(this.me, this.outbox.items, this.bookmark.drafts);
    sessions.drop(this.session);
    this.outbox.removeKept();
    this.bookmark.remove();
    for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close();
    for (const id of ['rooms', 'directs', 'people', 'members-online-list', 'members-offline-list', 'log', 'found']) $(id).replaceChildren();
    $('text').value = '';
    $('composer').hidden = $('outside').hidden = $('lists').hidden = true;
    for (const id of ['title', 'subtitle', 'replying-to', 'mine', 'closed']) setText($(id), '');
    this.notices.alert('');
    withdraw();
    this.notices.say('');
    $('main').inert = false;
    document.body.classList.remove('drawer');
    $('chat').hidden = true;
    history.replaceState(null, '', location.pathname);
    this.notices.render('', 0);
    this.ended(notice);
  }

  /** Draws the log anew, with times as the user now wants them. */
  redraw() {
    const { log } = this;
    if (log.conversation) log.open(log.conversation, log.takeBookmark());
  }

  /** The browser's storage has changed: another tab has signed in or out. */
  storageChanged() {
    const kept = ofBrowser.get(sessions.KEY);
    this.renewal.find();
    if (kept && sessions.nameOf(kept) !== sessions.nameOf(this.session)) sessions.holdOn(this.session);
    else if (!sessions.load()) this.end('You have signed out in another tab.');
  }

  /** Takes the answer to a message of this tab. The poll brings the message, too. */
  #sent(message) {
    this.store.take([message], false);
    this.sync.expect();
  }

  /** Calls the server with this session. If the session has ended, the chat ends, and that of tabs with this token. */
  async #api(method, path, options = {}) {
    const { session: { token }, life: { signal } } = this;
    const { signal: both, done } = either([signal, options.signal]);
    try {
      return await this.call(method, path, { ...options, signal: both });
    } catch (refusal) {
      if (signal.aborted) throw new Refusal(0);
      if (refusal.isSignedOut) {
        if (await this.renewal.rescue(token)) return await this.#api(method, path, options);
        if (signal.aborted) throw new Refusal(0);
        const notice = this.farewell || 'Your session has ended. Please sign in again.';
        this.tabs.say({ kind: 'cut off', notice, token });
        this.end(notice, !this.farewell);
      }
      throw refusal;
    } finally {
      done();
    }
  }

  // --- drawing

  /** Draws soon, once for several changes. Works in background tabs too, for the title. */
  schedule() {
    if (this.isScheduled) return;
    this.isScheduled = true;
    queueMicrotask(() => {
      this.isScheduled = false;
      if (!this.life.signal.aborted && this.store.isReady) this.render();
    });
  }

  render() {
    const conversation = this.navigation.current;
    this.sidebar.render(conversation);
    this.notices.render(conversation?.label ?? '', this.store.unread, this.store.called);
    if (!conversation) return;
    const isRoom = conversation.kind === 'room';
    setText($('title'), conversation.label);
    setText($('subtitle'), isRoom ? subtitleOf(conversation)
      : this.store.isOnline(conversation.name) ? 'online' : 'not online');
    setText($('member-count'), plural(conversation.members, 'member'));
    $('member-count').hidden = !isRoom || !conversation.members;
    this.members.render(conversation);
    const { about } = this.store;
    setLabel($('details'), isRoom ? `Room ${conversation.label}` : `Person ${conversation.name}`);
    $('details').hidden = $('account').hidden = $('devices').hidden = !about;
    $('invite').hidden = !mayInvite(about, this.store.account);
    $('new-room').hidden = $('new-group').hidden = !this.store.hasRoles;
    const closed = whyClosed(conversation, this.store.isAdmin);
    setText($('closed'), closed);
    $('closed').hidden = !closed;
    $('outside').hidden = conversation.isJoined || Boolean(closed);
    $('leave').hidden = !isRoom || !conversation.isJoined || conversation.roomId === 1;
    $('invite-here').hidden = !isRoom || $('invite').hidden;
    $('room-menu-button').hidden = $('leave').hidden && $('invite-here').hidden;
    $('composer').hidden = !conversation.isJoined || Boolean(closed);
    this.firstSteps.render(conversation, !$('composer').hidden);
    this.extras.update();
    this.log.render();
    this.names.mark();
    if (!conversation.isAtEnd) this.log.fill();
  }
}

function describeServer({ version, started_at: since }) {
  setText($('about'), `linger ${version}, up since ${fullTime.format(new Date(since))}.`);
}
