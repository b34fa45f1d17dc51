// Messages (`Outbox`) and last-read positions (`ReadPositions`) on their way to the server.

import { Refusal, isOffline } from './api.js';
import { SECOND, jitter, randomId, sleep } from './basics.js';
import { ofTab, sessions } from './session.js';

/**
 * @typedef {{key: string, conversation: string, text: string, replyTo?: number, at: number,
 *   state: 'sending'|'failed'|'arrived', reason?: string, seq?: number, isUnanswered?: boolean,
 *   rounds?: number}} Outgoing
 */

/**
 * The user's messages until the server has them, sent in order and one at a time. Each keeps its Idempotency-Key, also
 * across a reload, so it is stored once however often it is sent. Only the server's own refusal is final.
 */
export class Outbox {
  /** Pauses before a message is sent again, in seconds. After the last one it is shown as not sent. */
  static PAUSES = [0.4, 1.2, 3];
  /** Further pauses while polls are answered, and only the sends go unanswered. */
  static MORE_PAUSES = [4, 4, 4, 4];
  /** How long after that it is sent again, if the connection does not come back sooner. */
  static LATER_SECONDS = 15;
  /** The server keeps keys for 25 hours. */
  static KEY_HOURS = 24;

  /** @param {Outgoing[]} [left] what a former session of the same user left behind */
  constructor(session, left, { post, sent, failed, changed, isConnected, signal }) {
    this.storageKey = `linger.outbox.${sessions.nameOf(session)}`;
    Object.assign(this, { post, sent, failed, changed, isConnected, signal });
    /** @type {Outgoing[]} */
    this.items = ofTab.get(this.storageKey) ?? left ?? [];
    /** @type {Outgoing[]} On the server, but perhaps not in the conversation, whose history may still be loading. */
    this.arrived = [];
  }

  /** Returns the items that are not among the conversation's messages yet. */
  of(conversation) {
    const isIn = (item) => item.conversation === conversation.key;
    const isThere = ({ seq }) => seq !== undefined
      && (seq <= conversation.last || Boolean(conversation.find(seq)?.deleted_at));
    // Those that are need not be looked at again.
    this.arrived = this.arrived.filter((item) => !isIn(item) || !isThere(item));
    return [...this.arrived, ...this.items].filter((item) => isIn(item) && !isThere(item));
  }

  /** The items of all conversations that the server is not known to have. */
  get unsent() {
    return this.items.filter((item) => item.seq === undefined);
  }

  /** Waits until nothing is on its way, but not longer than `seconds`. */
  async settle(seconds) {
    const end = performance.now() + seconds * SECOND;
    const isBusy = () => this.unsent.some(({ state }) => state === 'sending');
    while (isBusy() && performance.now() < end) await sleep(50, this.signal);
  }

  /** Takes a new message. Earlier ones that are still unanswered go before it. */
  put(conversation, text, replyTo) {
    /** @type {Outgoing} */
    const item = { key: randomId(), conversation: conversation.key, text, replyTo, at: Date.now(), state: 'sending' };
    this.items.push(item);
    this.askAgain();
    return item;
  }

  retry(key) {
    const item = this.items.find((item) => item.key === key);
    if (!item) return;
    // The server has forgotten the key, and the user has decided.
    if (this.#isOld(item)) [item.key, item.at] = [randomId(), Date.now()];
    [item.state, item.isUnanswered] = ['sending', false];
    this.#update();
  }

  remove(key) {
    this.items = this.items.filter((item) => item.key !== key);
    this.#update();
  }

  /**
   * Matches the user's own message from a poll with an item whose answer is late or lost, so that it is not shown
   * twice. If it was another message with the same text, the answer will tell.
   */
  recognise(conversation, message) {
    const item = this.items.find((item) => item.conversation === conversation.key && item.text === message.text
      && item.seq === undefined && (item.state === 'sending' || item.isUnanswered));
    if (!item) return;
    item.seq = message.seq;
    this.askAgain();
  }

  /** Sends again what was not answered, or seems to have arrived. Under its key, the answer is the stored message. */
  askAgain() {
    for (const item of this.items) {
      if (item.seq !== undefined || item.isUnanswered) [item.state, item.isUnanswered] = ['sending', false];
    }
    this.#update();
  }

  start() { this.askAgain(); }

  /** Forgets what arrived: the server has another database. */
  forget() { this.arrived = []; }

  /** Drops what was written to a room that the user may not see any more. */
  drop({ key }) {
    const isElsewhere = (item) => item.conversation !== key;
    [this.items, this.arrived] = [this.items.filter(isElsewhere), this.arrived.filter(isElsewhere)];
    this.#update();
  }

  /** Removes what the tab keeps for a reload. */
  removeKept() { ofTab.remove(this.storageKey); }

  #update() {
    if (this.signal.aborted) return;
    ofTab.set(this.storageKey, this.items);
    this.changed();
    this.#pump();
  }

  async #pump() {
    if (this.isBusy) return;
    this.isBusy = true;
    const next = () => this.items.find((item) => item.state === 'sending');
    try {
      for (let item; !this.signal.aborted && (item = next());) await this.#send(item);
    } finally {
      this.isBusy = false;
    }
  }

  #isOld({ at }) { return Date.now() - at > Outbox.KEY_HOURS * 3600 * SECOND; }

  /** @param {Outgoing} item */
  async #send(item) {
    if (this.#isOld(item)) {
      return this.#fail(item, 'This was written more than a day ago and may have been sent already.');
    }
    for (let attempt = 0; ; attempt += 1) {
      try {
        const message = await this.post(item);
        [item.seq, item.state] = [message.seq, 'arrived'];
        this.items = this.items.filter((other) => other !== item);
        this.arrived.push(item);
        this.sent(message);
        return this.#update();
      } catch (refusal) {
        if (this.signal.aborted) return;
        if (!(refusal instanceof Refusal)) throw refusal;
        const isAway = refusal.status === 0;
        const pauses = isAway && this.isConnected() ? [...Outbox.PAUSES, ...Outbox.MORE_PAUSES] : Outbox.PAUSES;
        const pause = Math.max(pauses[attempt] ?? Infinity, refusal.retryAfterSeconds);
        if (!refusal.isTransient) return this.#fail(item, refusal.words);
        if (pause > 5 || isOffline() || (refusal.foreign && item.rounds)) return void this.#wait(item, refusal);
        await sleep(jitter(pause * SECOND) + refusal.retryAfterSeconds * SECOND / 2);
      }
    }
  }

  /**
   * Shows that an item is not sent yet, and sends it again later. While the server is away or busy the next ones wait,
   * too, so that they stay in order. A proxy may refuse this one alone, for what it says.
   */
  async #wait(item, refusal) {
    const { status, foreign } = refusal;
    const isAway = foreign ? [502, 503, 504].includes(foreign) : [0, 429, 503].includes(status);
    const reason = `${status || foreign ? refusal.cause : 'There is no connection.'} The page keeps trying.`;
    const others = isAway ? this.items.filter(({ state }) => state === 'sending') : [];
    for (const each of others) Object.assign(each, { state: 'failed', reason, isUnanswered: true });
    this.#fail(item, reason, true);
    item.rounds = (item.rounds ?? 0) + 1;
    await sleep(jitter(Outbox.LATER_SECONDS * SECOND) + refusal.retryAfterSeconds * SECOND, this.signal);
    if (this.items.some(({ isUnanswered }) => isUnanswered) && this.isConnected()) this.askAgain();
  }

  #fail(item, reason, isUnanswered = false) {
    [item.state, item.reason, item.isUnanswered] = ['failed', reason, isUnanswered];
    // Without an answer, an item that seems to have arrived still does.
    if (!isUnanswered) item.seq = undefined;
    if (item.seq === undefined && !item.rounds) this.failed(item);
    this.#update();
  }
}

/**
 * Last-read positions. A tab that has shown a message moves its own position and tells the other tabs. Only the leader
 * tells the server, one position at a time, and only forward: another device may be ahead. What the user leaves unread
 * is told by the tab where that happens, and again by the leader once its own positions have arrived.
 */
export class ReadPositions {
  constructor(store, tabs, api, signal) {
    Object.assign(this, { store, tabs, api, signal });
    /** @type {Promise<void>|null} Ends when the server knows all that is on its way to it. Never rejects. */
    this.flushing = null;
  }

  /** @param {Conversation} conversation @param {number} seq a message that was on the screen */
  see(conversation, seq) {
    if (!conversation.isJoined || !conversation.moveRead(seq)) return;
    this.tabs.say({ kind: 'read', conversation: conversation.key, seq });
    this.store.changed();
    this.flush();
  }

  /**
   * Moves a position back to `seq`, here, in the other tabs and on the server. Throws a Refusal if the server refuses.
   */
  async leaveUnread(conversation, seq) {
    conversation.moveBack(seq);
    this.tabs.say({ kind: 'read', conversation: conversation.key, back: seq });
    this.store.changed();
    await this.#tellBack(conversation, seq);
  }

  /** Tells the server a position that was moved back, after what is on its way, unless the user reads on meanwhile. */
  async #tellBack(conversation, seq) {
    const { readAt } = conversation;
    while (this.flushing) await this.flushing;
    if (conversation.readAt !== readAt) return this.flush();
    const told = this.api('POST', `${conversation.path}/read`, { body: { seq }, signal: this.signal });
    this.flushing = told.catch(() => {});
    try {
      await told;
    } finally {
      this.flushing = null;
    }
    // A status that was asked for meanwhile may be older. But the user may have read on, which the server is told
    // again.
    if (conversation.readAt === readAt) conversation.moveBack(seq);
    else conversation.confirmedRead = seq;
    this.store.changed();
    this.flush();
  }

  /** Takes from another tab what it has shown (`seq`), left unread (`back`), or told the server (`confirmed`). */
  hear({ conversation: key, seq, back, confirmed }) {
    const conversation = this.store.conversations.get(key);
    if (!conversation) return;
    if (back !== undefined) {
      conversation.moveBack(back);
      this.store.changed();
      // A position that this tab has sent may reach the server after the mark, and undo it: so this tab marks again.
      if (this.tabs.isLeading) this.#tellBack(conversation, back).catch(() => {});
    }
    // A position that was moved back meanwhile is not confirmed.
    if (confirmed) conversation.confirmedRead = Math.max(conversation.confirmedRead, Math.min(confirmed, conversation.lastRead));
    if (seq && conversation.moveRead(seq)) this.store.changed();
    this.flush();
  }

  /** Tells the server what it does not know yet, if this tab leads. */
  async flush() {
    if (!this.tabs.isLeading || this.flushing) return;
    await (this.flushing = this.#flush());
    this.flushing = null;
  }

  async #flush() {
    await sleep(0.25 * SECOND, this.signal);
    try {
      for (let next; (next = this.#unsent()[0]) && !this.signal.aborted;) await this.#send(next);
    } catch { /* the next flush tries again, at the latest when the connection is back */ }
  }

  /** Tells the server at once: the page is about to close, and may be the last tab. */
  flushNow() {
    if (!this.tabs.isLeading) return;
    for (const conversation of this.#unsent()) {
      const body = { seq: conversation.lastRead, only_forward: true };
      this.api('POST', `${conversation.path}/read`, { body, keepalive: true }).catch(() => {});
    }
  }

  #unsent() {
    return [...this.store.conversations.values()].filter((c) => c.isJoined && c.lastRead > c.confirmedRead);
  }

  async #send(conversation) {
    const seq = conversation.lastRead;
    try {
      await this.api('POST', `${conversation.path}/read`, { body: { seq, only_forward: true }, signal: this.signal });
    } catch (refusal) {
      // The user left the room meanwhile, or the room is gone: there is no position any more.
      if (![404, 409].includes(refusal.status)) throw refusal;
    }
    // Meanwhile it may have been moved back, which the server is told next.
    if (conversation.lastRead < seq) return;
    conversation.confirmedRead = Math.max(conversation.confirmedRead, seq);
    this.tabs.say({ kind: 'read', conversation: conversation.key, confirmed: seq });
    this.store.changed();
  }
}
