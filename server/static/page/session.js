// The session: where the browser keeps it, how it stays valid, and what it leaves behind.
//
// Keys in the storages are an interface: tabs with an older page share them.

import { SECOND, either, randomId, sleep } from './basics.js';

/**
 * A sign-in. `id` changes with the token: an older page that is still open lets go of a session with another id. The
 * first id stays as `root`. `life` is how long the token is valid, in milliseconds from `renewed` on.
 * @typedef {{id: string, root?: string, token: string, user: {id: number, name: string, guest: boolean},
 *   life?: number, renewed?: number}} Session
 */

/**
 * Wraps a storage of the browser. If the browser refuses storage, nothing survives a reload, and all else works.
 * @param {'localStorage'|'sessionStorage'} kind
 */
const storage = (kind) => ({
  get(key) {
    try { return JSON.parse(globalThis[kind].getItem(key)); } catch { return null; }
  },
  /** Returns whether it is stored. */
  set(key, value) {
    try {
      globalThis[kind].setItem(key, JSON.stringify(value));
      return true;
    } catch { return false; /* full, or refused */ }
  },
  remove(key) {
    try { globalThis[kind].removeItem(key); } catch { /* refused */ }
  },
});
export const ofTab = storage('sessionStorage');
export const ofBrowser = storage('localStorage');

/**
 * The session is in `sessionStorage` and ends with the tab, or by the user's choice in `localStorage`, where new tabs
 * find it.
 */
export const sessions = {
  KEY: 'linger.session',
  /** Returns what all tokens of a session have in common. */
  nameOf: (session) => session?.root ?? session?.id,
  /** @returns {Session|null} */
  load: () => ofTab.get(sessions.KEY) ?? ofBrowser.get(sessions.KEY),
  /** Returns whether the session is the one that new tabs find. */
  isKept: (session) => sessions.nameOf(ofBrowser.get(sessions.KEY)) === sessions.nameOf(session),
  save(session, keep) {
    sessions.drop(session);
    if (!keep || !ofBrowser.set(sessions.KEY, session)) ofTab.set(sessions.KEY, session);
  },
  storagesOf: (session) => [ofTab, ofBrowser].filter((kept) =>
    kept.get(sessions.KEY) && sessions.nameOf(kept.get(sessions.KEY)) === sessions.nameOf(session)),
  drop(session) {
    for (const kept of sessions.storagesOf(session)) kept.remove(sessions.KEY);
  },
  /** Stores a newer token where the session is stored. */
  update(session) {
    for (const kept of sessions.storagesOf(session)) kept.set(sessions.KEY, session);
  },
  /** Another session was saved for the whole browser: this tab keeps its own. */
  holdOn(session) {
    if (sessions.nameOf(sessions.load()) !== sessions.nameOf(session)) ofTab.set(sessions.KEY, session);
  },
};

/** Returns what a session remembers of the answer that brought its token. */
export const tokenOf = ({ token, life }) => ({ token, life, renewed: Date.now() });

/**
 * Renews the token when half of its life has passed, so that daily use never ends in a sign-out. The tab that leads
 * asks for it; the others hear of it, or find it in the browser's storage. Changes the session in place.
 */
export class Renewal {
  /** How often it is looked at, and how often a server that names no end is asked. */
  static LOOK_MS = 15 * SECOND;
  static LIFE_MS = 48 * 3600 * SECOND;
  /** The former token is valid for another minute, in which a lost answer can be asked for again. */
  static RETRY_MS = 2 * SECOND;
  /** How long the other tabs have to name their token. */
  static ANSWER_MS = SECOND;
  /** A token that was refused is not renewed twice within this time. */
  static YOUNG_MS = 60 * SECOND;

  /**
   * @param {Session} session
   * @param {{call: Function, ask: Function, isLeading: () => boolean, isAlone: () => boolean,
   *   say: (word: object) => void}} does `ask` calls the server with this token, whatever the answer means for it
   */
  constructor(session, does, signal) {
    Object.assign(this, { session, does, signal });
    /** Tokens that the server has refused. */
    this.refused = new Set();
  }

  get #isDue() {
    const { life, renewed = 0 } = this.session;
    const age = Date.now() - renewed;
    // A clock that was set back says nothing.
    return age < -60 * SECOND || age >= (life > 0 ? life : Renewal.LIFE_MS) / 2;
  }

  async run() {
    while (!this.signal.aborted && !this.isOff) {
      const isDone = !this.does.isLeading() || !this.#isDue || this.find() || await this.#renew();
      const { life } = this.session;
      const look = life > 0 ? Math.max(SECOND, Math.min(life / 4, Renewal.LOOK_MS)) : Renewal.LOOK_MS;
      await sleep(isDone ? look : Renewal.RETRY_MS, this.signal);
    }
  }

  /** Takes a newer token that another tab has stored, or any other one. Returns whether there is one. */
  find(isAnyGood = false) {
    return [ofTab, ofBrowser].some((kept) => {
      const other = kept.get(sessions.KEY);
      return other && (isAnyGood || (other.renewed ?? 0) > (this.session.renewed ?? 0)) && this.take(other);
    });
  }

  /** Takes the token of `other` if it is the same session with another token. Returns whether it is. */
  take(other) {
    const { session, refused } = this;
    const isNews = other.token !== session.token && !refused.has(other.token);
    if (!isNews || sessions.nameOf(other) !== sessions.nameOf(session)) return false;
    sessions.update(Object.assign(session, other));
    return true;
  }

  /** Asks for a token. Returns whether that is settled. */
  async #renew() {
    try {
      await this.#ask(this.does.call);
    } catch (refusal) {
      // The server is of a version that cannot renew.
      this.isOff = [404, 405].includes(refusal.status);
      return !refusal.isTransient;
    }
    return true;
  }

  async #ask(call) {
    const { session } = this;
    const answer = await call('POST', 'me/token', { as: 'token', seconds: 8, signal: this.signal });
    this.take({ ...session, id: randomId(), root: sessions.nameOf(session), ...tokenOf(answer) });
    this.does.say({ kind: 'token', session: { ...session } });
  }

  // --- a token that was refused

  /**
   * Replaces a token that the server has refused: another tab may have a newer one, or the answer that brought it here
   * was lost. Returns whether there is one. Throws a Refusal if that cannot be told now.
   */
  async rescue(token) {
    if (this.session.token !== token) return true;
    this.rescuing ??= this.#rescue(token).finally(() => { this.rescuing = null; });
    return this.rescuing;
  }

  async #rescue(token) {
    const isReplaced = () => this.session.token !== token;
    this.refused.add(token);
    if (this.find(true)) return true;
    if (!this.does.isAlone()) {
      this.answered = new AbortController();
      const { signal, done } = either([this.answered.signal, this.signal]);
      this.does.say({ kind: 'which token', token });
      await sleep(Renewal.ANSWER_MS, signal);
      done();
    }
    if (isReplaced()) return true;
    // One that was just brought by a renewal, and is refused all the same.
    if (token === this.brought && Date.now() - this.session.renewed < Renewal.YOUNG_MS) return false;
    try {
      // The server takes the token before the newest one here, as long as the newest one was never used.
      await this.#ask(this.does.ask);
      this.brought = this.session.token;
    } catch (refusal) {
      if (refusal.isTransient !== false && !this.signal.aborted) throw refusal;
    }
    return isReplaced();
  }

  /** Answers a tab whose token was refused. */
  tell(token) {
    const { session, refused } = this;
    if (session.token === token || refused.has(session.token)) return;
    this.does.say({ kind: 'this token', session: { ...session }, instead: token });
  }

  /** Takes the answer of another tab. */
  hear({ session, instead }) {
    if (instead === this.session.token && this.take(session)) this.answered?.abort();
  }
}

/**
 * Unsent messages and drafts of a session that was cut off, until the same user signs in again in this tab.
 * @type {{keep: Function, take: (name: string) => {items?: object[], drafts?: Object<string, string>}}}
 */
export const leftovers = {
  keep(name, items, drafts) {
    if (items.length || Object.keys(drafts).length) ofTab.set(`linger.left.${name}`, { items, drafts });
  },
  take(name) {
    const left = ofTab.get(`linger.left.${name}`) ?? {};
    ofTab.remove(`linger.left.${name}`);
    return left;
  },
};

const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/;

/**
 * What a reload of the tab restores: the conversation, how far it was scrolled, and the drafts. New tabs find the
 * drafts as well if they find the session.
 */
export class Bookmark {
  static DRAFTS = 'linger.drafts';
  /** How many drafts are kept, with what they answer, and how much of each. The storage is small. */
  static MOST = 100;
  static LONGEST = 50_000;
  /** Names the entry with the seq that a draft answers. It is a text among the drafts, so that older pages keep it. */
  static replyKey = (key) => `reply ${key}`;

  constructor(session, left = {}) {
    this.of = sessions.nameOf(session);
    this.isKept = sessions.isKept(session);
    this.storageKey = `linger.place.${this.of}`;
    const { scroll = null, drafts = {} } = ofTab.get(this.storageKey) ?? {};
    /** @type {{conversation: string, seq: number, top: number, newAfter: number|null}|null} null: at the end */
    this.scroll = scroll;
    this.changed = { ...left, ...drafts };
    this.load();
  }

  /** Takes the drafts as another tab may have changed them. */
  load() {
    const { of, drafts } = (this.isKept && ofBrowser.get(Bookmark.DRAFTS)) || {};
    this.drafts = { ...(of === this.of ? drafts : this.drafts), ...this.changed };
    const kept = Object.entries(this.drafts).filter(([, text]) => text).slice(-Bookmark.MOST);
    this.drafts = Object.fromEntries(kept.map(([key, text]) => [key, text.slice(0, Bookmark.LONGEST)]));
    for (const key of Object.keys(this.changed)) if (this.changed[key] && !this.drafts[key]) delete this.changed[key];
  }

  /** @param {string} key of the conversation @param {number|null} replyTo the seq of the answered message */
  setDraft(key, text, replyTo = null) {
    Object.assign(this.changed, { [key]: text, [Bookmark.replyKey(key)]: replyTo ? String(replyTo) : '' });
    this.load();
  }

  /** @returns {{text: string, replyTo: number|null}} */
  draft(key) {
    const { [key]: text = '', [Bookmark.replyKey(key)]: replyTo } = this.drafts;
    return { text, replyTo: Number(replyTo) || null };
  }

  /** Returns whether something is written in a conversation, and not sent. */
  hasDraft(key) { return Boolean(this.drafts[key]?.trim()); }

  /** Makes no draft answer a message. */
  forgetReplies() {
    for (const key of Object.keys(this.drafts)) if (key.startsWith(Bookmark.replyKey(''))) this.changed[key] = '';
    this.load();
  }

  save() {
    this.load();
    if (this.isKept && Object.keys(this.changed).length) {
      if (ofBrowser.set(Bookmark.DRAFTS, { of: this.of, drafts: this.drafts })) this.changed = {};
    }
    ofTab.set(this.storageKey, { scroll: this.scroll, drafts: this.isKept ? this.changed : this.drafts });
  }

  saveSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), 300);
  }

  remove() {
    clearTimeout(this.timer);
    ofTab.remove(this.storageKey);
    if (ofBrowser.get(Bookmark.DRAFTS)?.of === this.of) ofBrowser.remove(Bookmark.DRAFTS);
  }

  /** Returns the address of a conversation, or of a message in it. */
  static hash(conversation, seq) {
    return `#/${[conversation.key, ...(seq ? [seq] : [])].join('/')}`;
  }

  /** @returns {[string, string, number?]|null} the kind and name of the conversation in an address, and a seq */
  static parse(hash) {
    const [, kind, name, seq] = /^#\/(room|direct)\/([^/]+)(?:\/(\d{1,15}))?$/.exec(hash) ?? [];
    return NAME.test(name ?? '') ? [kind, name, ...(seq ? [Number(seq)] : [])] : null;
  }
}
