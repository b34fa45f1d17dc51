// The session: where the browser keeps it, what it leaves behind, and the tabs that share it.
//
// Keys in the storages and the name of the lock and the channel are an interface: tabs with an older page share them.

import { SECOND, sleep } from './basics.js';

/** @typedef {{id: string, token: string, user: {id: number, name: string, guest: boolean}}} Session */

/**
 * Wraps a storage of the browser. If the browser refuses storage, nothing survives a reload, and all else works.
 * @param {'localStorage'|'sessionStorage'} kind
 */
const storage = (kind) => ({
  get(key) {
    try { return JSON.parse(globalThis[kind].getItem(key)); } catch { return null; }
  },
  set(key, value) {
    try { globalThis[kind].setItem(key, JSON.stringify(value)); } catch { /* full, or refused */ }
  },
  remove(key) {
    try { globalThis[kind].removeItem(key); } catch { /* refused */ }
  },
});
export const ofTab = storage('sessionStorage');
export const ofBrowser = storage('localStorage');

/**
 * The session is in `sessionStorage` and ends with the tab, or by the user's choice in `localStorage`, where new tabs
 * find it. The page draws its `id`, one for each token: only tabs that share a token share the id.
 */
export const sessions = {
  KEY: 'linger.session',
  /** @returns {Session|null} */
  load: () => ofTab.get(sessions.KEY) ?? ofBrowser.get(sessions.KEY),
  save(session, keep) {
    sessions.drop(session.id);
    (keep ? ofBrowser : ofTab).set(sessions.KEY, session);
  },
  drop(id) {
    for (const kept of [ofTab, ofBrowser]) if (kept.get(sessions.KEY)?.id === id) kept.remove(sessions.KEY);
  },
  /** Another session was saved for the whole browser: this tab keeps its own. */
  holdOn(session) {
    if (sessions.load()?.id !== session.id) ofTab.set(sessions.KEY, session);
  },
};

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

/** What a reload of the tab restores: the conversation, how far it was scrolled, and the drafts. */
export class Bookmark {
  constructor(session, left = {}) {
    this.storageKey = `linger.place.${session.id}`;
    const { scroll = null, drafts = left } = ofTab.get(this.storageKey) ?? {};
    /** @type {{conversation: string, seq: number, top: number, newAfter: number|null}|null} null: at the end */
    this.scroll = scroll;
    this.drafts = drafts;
  }

  save() {
    ofTab.set(this.storageKey, { scroll: this.scroll, drafts: this.drafts });
  }

  saveSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), 300);
  }

  remove() {
    clearTimeout(this.timer);
    ofTab.remove(this.storageKey);
  }

  static hash(conversation) {
    return `#/${conversation.key}`;
  }

  /** @returns {[string, string]|null} the kind and the name of the conversation in an address */
  static parse(hash) {
    const [, kind, name] = /^#\/(room|direct)\/(.+)$/.exec(hash) ?? [];
    return NAME.test(name ?? '') ? [kind, name] : null;
  }
}

/**
 * The tabs of one session. The tab that holds the lock leads: it holds the poll and passes each answer on. When it
 * closes, the browser gives the lock to the next tab, which continues from its own cursor.
 *
 * The browser may suspend a tab that holds the lock. A tab that the user looks at therefore asks from time to time who
 * leads, and steals the lock if no answer comes. Without locks (neither https nor localhost) every tab leads itself.
 */
export class Tabs {
  /**
   * @param {string} name what these tabs have in common, and no others
   * @param {{lead: (signal: AbortSignal) => Promise<void>, hear: (word: object) => void, state: () => object,
   *   isVisible: () => boolean}} does
   */
  constructor(name, does, signal) {
    this.name = `linger ${name}`;
    this.does = does;
    this.signal = signal;
    this.isLeading = false;
    this.heardAt = 0;
    this.channel = new BroadcastChannel(this.name);
    this.channel.onmessage = ({ data }) => this.#hear(data);
    signal.addEventListener('abort', () => this.channel.close());
  }

  start() {
    this.#stand();
    this.#check();
    const timer = setInterval(() => this.check(), 20 * SECOND);
    this.signal.addEventListener('abort', () => clearInterval(timer));
  }

  /** Looks for a leader, if the user looks at this tab. */
  check() {
    if (this.does.isVisible()) this.#check();
  }

  /** Tells the other tabs. */
  say(word) {
    if (!this.signal.aborted) this.channel.postMessage(word);
  }

  #hear(word) {
    if (word.kind === 'who') {
      if (this.isLeading) this.say({ kind: 'state', state: this.does.state() });
      return;
    }
    if (word.kind === 'state' || word.kind === 'page') this.heardAt = performance.now();
    this.does.hear(word);
  }

  async #stand(steal = false) {
    if (!globalThis.navigator?.locks) return void this.#lead(this.signal);
    this.queue?.abort();
    this.queue = new AbortController();
    const term = new AbortController();
    const options = steal ? { steal } : { signal: AbortSignal.any([this.queue.signal, this.signal]) };
    const queue = this.queue;
    try {
      await navigator.locks.request(this.name, options, () => this.#lead(AbortSignal.any([term.signal, this.signal])));
    } catch (refused) {
      // AbortError: no longer wanted, or stolen. Any other error: the browser grants no locks to this page.
      if (refused.name !== 'AbortError') return void this.#lead(this.signal);
    }
    term.abort();
    if (queue === this.queue && !this.signal.aborted) this.#stand();
  }

  async #lead(signal) {
    this.isLeading = true;
    signal.addEventListener('abort', () => { this.isLeading = false; });
    await this.does.lead(signal);
  }

  async #check() {
    // Without a queue the tab has not started, or there are no locks.
    if (this.isLeading || !this.queue) return;
    const asked = performance.now();
    this.say({ kind: 'who' });
    await sleep(5 * SECOND, this.signal);
    if (!this.signal.aborted && !this.isLeading && this.does.isVisible() && this.heardAt < asked) this.#stand(true);
  }
}
