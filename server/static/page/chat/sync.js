// Keeps the store in step with the server: the first state, the polls, what other tabs say, and refreshing.

import { SECOND, jitter, randomId, sleep } from '../basics.js';
import { learnStates } from '../changes.js';
import { CONNECTING, Poller, pollPath, watchSleep } from '../connection.js';
import { isLookedAt, isVisible } from '../dom.js';
import { mentions } from '../formatting/blocks.js';
import { catchUpUnjoined } from '../log/history.js';

const REFRESH_SECONDS = 20;
/** A poll brings a message within this time, or does not work any more. */
const OWED_SECONDS = 1.5;
/** The pages of users that are loaded, of 500 each. */
const MAX_PAGES = 10;

export class Sync {
  /** @param {(server: object) => void} learned @param {(notice: string, isCut: boolean) => void} ended */
  constructor({ api, store, tabs, outbox, positions, renewal, notices, navigation, learned, ended, signal }) {
    Object.assign(this, { api, store, tabs, outbox, positions, renewal, notices, navigation, learned, ended, signal });
    /** @type {ConnectionState} */
    this.state = CONNECTING;
    /** How far this tab has received messages. */
    this.cursor = '';
    /** How often this tab may have missed pages of the leading tab since it last caught up. */
    this.gaps = 0;
    this.poller = new Poller({
      api, cursor: () => this.cursor, page: (page) => this.#received(page),
      state: (state) => this.#setState(state), reset: () => this.#reset(),
      // Tabs that know nothing of each other would take all connections that the browser allows.
      mayHold: () => isVisible() || !tabs.isAlone,
    });
    watchSleep(() => (tabs.isLeading ? this.poller.askedAt : tabs.heardAt), () => this.wake(), signal);
  }

  /** Learns the first state, however long that takes. */
  async begin() {
    this.#setState(CONNECTING);
    await this.poller.patiently((signal) => this.#learn(signal), this.signal);
  }

  /**
   * Learns the present state: first a cursor that means "now", then everything else. Messages in between are in both
   * answers, and count once.
   */
  async #learn(signal) {
    const now = await this.api('GET', 'direct/subscribe?wait=0&changes=true', { as: 'cursor', signal });
    const asked = performance.now();
    const [status] = await Promise.all([
      this.api('GET', 'status?latest=1', { as: 'status', signal }), this.#learnPeople(signal), this.learnAccount(signal),
    ]);
    this.cursor = now.cursor;
    this.store.canChange = Boolean(now.changed);
    this.store.adopt(status, asked);
    this.learned(status.server);
  }

  /**
   * Learns what the user may do besides what all may. Returns the account, or null from a server before 0.2. With a
   * signal, a lost answer is a Refusal, so that it is asked for again; else all stays as it was.
   */
  async learnAccount(signal) {
    try {
      this.store.account = await this.api('GET', 'me', { as: 'me', signal });
      this.store.changed();
    } catch (refusal) {
      if (signal && refusal.isTransient) throw refusal;
    }
    return this.store.account;
  }

  async #learnPeople(signal) {
    const users = [];
    for (let pages = 1, page; pages <= MAX_PAGES && (!page || page.length === 500); pages += 1) {
      const after = page ? `&after=${page[page.length - 1].id}` : '';
      page = await this.api('GET', `users?online=true&limit=500${after}`, { as: 'users', signal });
      users.push(...page);
    }
    this.store.people = users.map(({ name }) => name).filter((name) => name !== this.store.me).sort();
    this.store.guests = new Set(users.filter(({ guest }) => guest).map(({ name }) => name));
    this.store.changed();
  }

  // --- messages

  /** Holds the poll for all tabs until `signal` aborts. */
  async lead(signal) {
    this.term = randomId();
    this.pages = 0;
    this.positions.flush();
    await this.poller.hold(signal);
  }

  /** Takes an answer of this tab's poll, and passes it on. */
  #received(page) {
    this.pages += 1;
    this.tabs.say({ kind: 'page', term: this.term, number: this.pages, page });
    this.cursor = page.cursor;
    const { me } = this.store;
    for (const message of this.#take(page)) {
      const conversation = this.store.ofMessage(message);
      const isForMe = message.room === undefined || mentions(message.text, me);
      if (message.from !== me && isForMe && !message.deleted_at) {
        this.notices.notify(message, conversation, (clicked) => this.navigation.show(clicked));
      }
    }
    this.positions.flush();
  }

  /** Takes an answer to a poll. Returns the messages that were not known. */
  #take({ messages, changed, conversations = [] }) {
    if (changed) this.store.canChange = true;
    const own = messages.filter(({ from }) => from === this.store.me);
    for (const message of own) this.outbox.recognise(this.store.ofMessage(message), message);
    const fresh = this.#takeMessages({ messages, changed });
    // What is in doubt is asked for again.
    const isDoubtful = this.navigation.reopenAfter(() => learnStates(this.store, conversations));
    if (isDoubtful) sleep(2 * SECOND, this.signal).then(() => this.refresh(false));
    // A room that was joined again has forgotten them.
    for (const message of fresh) this.store.ofMessage(message).note(message);
    this.expect();
    // A room that was joined on another device.
    if (fresh.some((message) => !this.store.ofMessage(message).isJoined)) this.refresh();
    return fresh;
  }

  /** Takes and announces new and changed messages. Returns the messages that were not known. */
  #takeMessages({ messages, changed = [] }) {
    const { notices, store, navigation: { current } } = this;
    const fresh = store.take(messages);
    notices.announce(fresh, store, current);
    notices.forget(changed);
    notices.announceChanges(store.change(changed), store, current);
    return fresh;
  }

  /** Asks anew if a poll does not bring what is known to be there: its connection is dead, and nothing says so. */
  async expect() {
    const { owed } = this.store;
    if (!owed.length || this.isExpecting) return;
    this.isExpecting = true;
    await sleep(OWED_SECONDS * SECOND, this.signal);
    this.isExpecting = false;
    const missing = owed.filter(([conversation, seq]) => conversation.heard < seq);
    // Only once: a server could count what it does not send.
    for (const [conversation, seq] of missing) conversation.askedFor = seq;
    if (missing.length) this.nudge();
  }

  // --- other tabs

  /** Takes what another tab says. */
  hear(word) {
    const { isLeading } = this.tabs;
    if (word.kind === 'page' && !isLeading) this.#hearPage(word);
    else if (word.kind === 'state' && !isLeading) this.#setState(word.state);
    else if (word.kind === 'read') this.positions.hear(word);
    else if (word.kind === 'nudge' && isLeading) this.poller.nudge();
    else if (word.kind === 'who looks' && isLookedAt()) this.tabs.say({ kind: 'looked at' });
    else if (word.kind === 'looked at') this.notices.lookedAt = performance.now();
    else if (word.kind === 'refresh') this.refresh();
    else if (word.kind === 'status') this.#adopt(word.status, performance.now() - word.age);
    else if (word.kind === 'token') this.renewal.take(word.session);
    else if (word.kind === 'which token') this.renewal.tell(word.token);
    else if (word.kind === 'this token') this.renewal.hear(word);
    else if (word.kind === 'reset' && !isLeading) this.#forget();
    else if (word.kind === 'ended' && !word.isCut) this.ended(word.notice, false);
    // A token was refused. Older pages do not say which: this one asks the server itself.
    else if (word.kind === 'ended') this.refresh();
    else if (word.kind === 'cut off' && word.token === this.renewal.session.token) this.ended(word.notice, true);
  }

  #hearPage({ term, number, page }) {
    // The first page of another leader may begin further on than this tab's cursor.
    const isMissing = this.heard?.term !== term || number !== this.heard.number + 1;
    this.gaps += isMissing ? 1 : 0;
    this.heard = { term, number };
    this.#take(page);
    if (this.gaps) this.#catchUp();
    else this.cursor = page.cursor;
  }

  /** Asks the server itself, from this tab's cursor: the tab may have missed pages, as while it was suspended. */
  async #catchUp() {
    if (this.isCatchingUp || this.tabs.isLeading || !this.store.isReady) return;
    this.isCatchingUp = true;
    try {
      // One that appears meanwhile may not be in the answer.
      for (let page, seen; !page || page.more || seen !== this.gaps;) {
        seen = this.gaps;
        page = await this.api('GET', pollPath(this.cursor, 0), { as: 'poll' });
        this.cursor = page.cursor;
        this.#take(page);
      }
      this.gaps = 0;
    } catch { /* the next page, or the next term, continues from the same cursor */ }
    this.isCatchingUp = false;
  }

  // --- the connection

  #setState(state) {
    const wasAway = this.state.name === 'waiting' || this.isWaking;
    this.state = state;
    if (this.tabs.isLeading) this.tabs.say({ kind: 'state', state });
    this.notices.showConnection(state);
    if (state.name !== 'connected') return;
    this.isWaking = false;
    if (!wasAway) return;
    this.refresh();
    this.positions.flush();
    this.outbox.askAgain();
    this.navigation.resume();
  }

  /** Polls at once instead of waiting. If another tab leads, asks that one to. */
  nudge() {
    if (this.tabs.isLeading || !this.store.isReady) this.poller.nudge();
    else this.tabs.say({ kind: 'nudge' });
  }

  /** This tab, the browser or the computer was asleep, or the network has changed: connections may be dead. */
  wake() {
    if (this.state.name === 'connected' && this.store.isReady) {
      this.isWaking = true;
      this.#setState(CONNECTING);
    }
    this.nudge();
    this.gaps += 1;
    this.#catchUp();
  }

  /** The user looks at this tab again, or no longer. */
  lookedAt() {
    if (this.tabs.isAlone || (isVisible() && this.state.name === 'waiting')) this.nudge();
    if (!isVisible()) return;
    this.refresh();
    this.tabs.check();
  }

  /** Starts anew: the server has another database. */
  async #reset() {
    this.tabs.say({ kind: 'reset' });
    await this.#forget();
  }

  async #forget() {
    const { kind, name } = this.navigation.current ?? { kind: 'room', name: 'general' };
    this.store.forget();
    this.outbox.forget();
    this.navigation.forgetReplies();
    await this.poller.patiently((signal) => this.#learn(signal), this.signal);
    if (this.signal.aborted) return;
    try {
      // An answer that does not come is asked for again: what the user types is meant for this conversation.
      await this.poller.patiently(() => this.navigation.open(kind, name).catch((refusal) => {
        if (refusal.isTransient) throw refusal;
        this.navigation.moveOn('The server has a different database now.');
      }), this.signal);
    } catch { /* the user chooses a conversation */ }
  }

  // --- refreshing

  async refreshForever() {
    while (!this.signal.aborted) {
      await sleep(jitter(REFRESH_SECONDS * SECOND), this.signal);
      // A hidden tab shows how much is unread: it may have been read elsewhere.
      const isWanted = isVisible() || (this.store.unread && (this.tabs.isLeading || this.tabs.isAlone));
      if (isWanted && this.state.name === 'connected') await this.refresh(isVisible());
    }
  }

  /** Learns what no poll tells: who is online and, from servers before 0.2, what was read on other devices. */
  async refresh(withPeople = true) {
    this.isStale = true;
    if (this.isRefreshing || !this.store.isReady) return;
    this.isRefreshing = true;
    while (this.isStale) {
      this.isStale = false;
      const asked = performance.now();
      try {
        const [status] = await Promise.all([
          this.api('GET', 'status', { as: 'status', seconds: 10 }), withPeople && this.#learnPeople(),
        ]);
        this.#adopt(status, asked);
        this.tabs.say({ kind: 'status', status, age: performance.now() - asked });
        await catchUpUnjoined(this, (page) => this.#takeMessages(page));
      } catch { /* the poll says what is wrong */ }
    }
    this.isRefreshing = false;
  }

  #adopt(status, asked) {
    if (!this.store.isReady) return;
    this.navigation.reopenAfter(() => this.store.adopt(status, asked));
    this.expect();
  }
}
