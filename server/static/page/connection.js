// The held poll (`Poller`), which of a session's tabs holds it (`Tabs`), and noticing that all of them were asleep.
//
// Names of locks and channels, and messages between tabs, are an interface: tabs of another version share them.

import { Refusal } from './api.js';
import { SECOND, either, jitter, randomId, sleep, whenIn } from './basics.js';

const POLL_SECONDS = 25;
const MAX_BACKOFF_SECONDS = 30;
/** Limits of the first polls after a nudge: the connection may be a dead one, and the next is not. */
const HURRIED_SECONDS = [1.5, 4];
/** Pauses of a tab that may not hold a poll. */
const LOOK_SECONDS = 10;

/**
 * What the page says about its connection.
 * @typedef {{name: 'connecting'|'connected'|'waiting', words: string}} ConnectionState
 */
export const CONNECTING = { name: 'connecting', words: 'Connecting…' };
export const CONNECTED = { name: 'connected', words: 'Connected' };

/** Returns the path of a poll. It marks nothing as read: only what was on the screen counts. */
export const pollPath = (cursor, wait) =>
  `poll?cursor=${encodeURIComponent(cursor)}&wait=${wait}&limit=500&mark_read=false&changes=true`;

/** Returns how many milliseconds to wait after the last of `failures` failed polls in a row. */
export function backoff(failures, { status, retryAfterSeconds }) {
  const growing = Math.min(MAX_BACKOFF_SECONDS, 0.5 * 2 ** failures);
  // The session holds as many polls as it may. A slot is free when one of them ends.
  const seconds = status === 409 ? 10 : Math.max(retryAfterSeconds, growing);
  return jitter(seconds * SECOND) + retryAfterSeconds * SECOND / 2;
}

/** The held poll: asks again and again, and backs off while there is no answer. */
export class Poller {
  /**
   * @param {{api: Function, cursor: () => string, page: Function, state: (state: ConnectionState) => void,
   *   reset: Function, mayHold: () => boolean}} does
   */
  constructor(does) {
    this.does = does;
    this.failures = 0;
    this.isHealthy = false;
    this.hurried = [];
    /** When the last poll began, by the clock. */
    this.askedAt = 0;
  }

  /** Polls until `signal` aborts. */
  async hold(signal) {
    this.isHealthy = false;
    while (!signal.aborted) await this.patiently((now) => this.#ask(now), signal);
  }

  /** Runs `task` until it succeeds, with growing pauses, and reports what it is waiting for. */
  async patiently(task, signal) {
    while (!signal.aborted) {
      const turn = this.turn = new AbortController();
      const { signal: now, done } = either([signal, turn.signal]);
      try {
        return await task(now);
      } catch (refusal) {
        if (now.aborted) continue;
        if (!(refusal instanceof Refusal)) throw refusal;
        await this.#recover(refusal, now);
      } finally {
        done();
      }
    }
  }

  /** Asks at once and without holding: the network is back, the user looks again, or the held poll seems deaf. */
  nudge() {
    this.isHealthy = false;
    this.hurried = [...HURRIED_SECONDS];
    this.turn?.abort();
  }

  async #ask(signal) {
    // The first poll after a failure is answered at once, so that the page soon says "Connected".
    const wait = this.isHealthy && this.does.mayHold() ? POLL_SECONDS : 0;
    const seconds = wait ? wait + 10 : this.hurried[0] ?? 15;
    const asked = performance.now();
    this.askedAt = Date.now();
    let page;
    try {
      page = await this.does.api('GET', pollPath(this.does.cursor(), wait), { as: 'poll', signal, seconds });
    } catch (refusal) {
      // The cursor is of another database (410), or none at all.
      if (![400, 410].includes(refusal.status) || signal.aborted) throw refusal;
      return this.#startAnew(refusal, signal);
    }
    this.isHealthy = true;
    this.failures = 0;
    this.hurried = [];
    this.does.page(page);
    this.does.state(CONNECTED);
    if (page.messages.length || page.changed?.length || page.conversations?.length) return;
    if (!this.does.mayHold()) await sleep(LOOK_SECONDS * SECOND, signal);
    // A server that is stopping answers all its clients at once; they must not all return at once.
    else if (wait && performance.now() - asked < SECOND) await sleep(jitter(SECOND), signal);
  }

  /** Gets another cursor. A server that refuses that one, too, is not asked again and again without a pause. */
  async #startAnew(refusal, signal) {
    this.isHealthy = false;
    this.does.state(CONNECTING);
    if (this.failures) await sleep(backoff(this.failures, refusal), signal);
    this.failures += 1;
    if (!signal.aborted) await this.does.reset();
  }

  async #recover(refusal, signal) {
    this.isHealthy = false;
    if (this.hurried.shift()) return;
    this.failures += 1;
    const pause = backoff(this.failures, refusal);
    const cause = refusal.status === 409 ? 'Too many tabs are connected.' : refusal.cause;
    this.does.state({ name: 'waiting', words: `${cause} Retrying ${whenIn(pause / SECOND)}.` });
    await sleep(pause, signal);
  }
}

/**
 * Calls `woke()` when the computer or the browser was suspended: the clock has jumped, and there was no sign of life
 * meanwhile. Browsers slow the timers of hidden tabs down, but not their polls. A poll that began just before the jump
 * is no sign: it slept, too.
 * @param {() => number} lifeAt when there was one
 */
export function watchSleep(lifeAt, woke, signal) {
  let before = Date.now();
  const timer = setInterval(() => {
    const wasAsleep = Date.now() - before > 3 * SECOND && lifeAt() <= before + 2 * SECOND;
    before = Date.now();
    if (wasAsleep) woke();
  }, SECOND);
  signal.addEventListener('abort', () => clearInterval(timer));
}

/** Opens a channel between tabs. Returns null if the browser has none, or refuses it. */
function openChannel(name) {
  try { return new BroadcastChannel(name); } catch { return null; }
}

/**
 * The tabs of one session. The tab that leads holds the poll and passes each answer on. When it closes, another tab
 * continues from its own cursor.
 *
 * With Web Locks, the tab that holds the lock leads. The browser may suspend that tab. A tab that the user looks at
 * therefore asks from time to time who leads, and steals the lock if no answer comes.
 *
 * Browsers have locks for https and localhost only. Elsewhere a tab that hears no leader claims to lead, and of two
 * claims the later one holds. Without a channel every tab leads itself.
 */
export class Tabs {
  /**
   * @param {string} name what these tabs have in common, and no others
   * @param {{lead: (signal: AbortSignal) => Promise<void>, hear: (word: object) => void, state: () => object,
   *   isVisible: () => boolean}} does
   */
  constructor(name, does, signal) {
    this.name = `linger tabs ${name}`;
    Object.assign(this, { does, signal });
    this.isLeading = false;
    /** When another tab that leads was last heard, by the clock. */
    this.heardAt = 0;
    /** This tab's claim to lead, if there are no locks. */
    this.claim = '';
    this.id = randomId();
    /** The other tabs, as far as they have said that they are there. */
    this.others = new Set();
    this.channel = openChannel(this.name);
    if (!this.channel) return;
    this.channel.onmessage = ({ data }) => this.#hear(data);
    signal.addEventListener('abort', () => this.channel.close());
  }

  /** Whether each tab of the session polls for itself. */
  get isAlone() { return !this.channel; }

  start() {
    this.arrive();
    if (this.isAlone) return void this.#lead(this.signal);
    if (!globalThis.navigator?.locks) return void this.#elect();
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
    if (!this.signal.aborted) this.channel?.postMessage({ ...word, claim: this.claim });
  }

  /** Tells the other tabs that this one is there. They answer. */
  arrive() { this.say({ kind: 'here', tab: this.id, isNew: true }); }

  /** Whether no other tab is known. */
  get isLast() { return !this.isAlone && !this.others.size; }

  /** The page is about to close: another tab need not wait for a sign of life. */
  leave() {
    this.say({ kind: 'gone', tab: this.id });
    if (this.claim) this.say({ kind: 'leave' });
  }

  #hear(word) {
    if (word.kind === 'here') this.others.add(word.tab);
    if (word.kind === 'gone') this.others.delete(word.tab);
    if (word.kind === 'here' && word.isNew) this.say({ kind: 'here', tab: this.id });
    if (this.claim && word.claim > this.claim) this.term.abort();
    else if (word.kind === 'who' || (this.claim && word.claim)) {
      if (this.isLeading) this.say({ kind: 'state', state: this.does.state() });
    }
    if (['who', 'here', 'gone'].includes(word.kind)) return;
    if (word.kind === 'leave') return this.pause?.abort();
    if (word.kind === 'state' || word.kind === 'page') this.heardAt = Date.now();
    this.does.hear(word);
  }

  async #lead(signal) {
    this.isLeading = true;
    signal.addEventListener('abort', () => { this.isLeading = false; });
    await this.does.lead(signal);
  }

  // --- by a lock

  async #stand(steal = false) {
    this.queue?.abort();
    const queue = this.queue = new AbortController();
    const term = new AbortController();
    const ends = [queue.signal, term.signal].map((signal) => either([signal, this.signal]));
    const options = steal ? { steal } : { signal: ends[0].signal };
    try {
      await navigator.locks.request(this.name, options, () => this.#lead(ends[1].signal));
    } catch (refused) {
      // AbortError: no longer wanted, or stolen. Any other error: the browser grants no locks to this page.
      if (refused.name !== 'AbortError') return void this.#elect();
    } finally {
      term.abort();
      ends[0].done();
    }
    if (queue === this.queue && !this.signal.aborted) this.#stand();
  }

  async #check() {
    // Without a queue the tab has not started, or there are no locks.
    if (this.isLeading || !this.queue) return;
    const asked = Date.now();
    this.say({ kind: 'who' });
    await sleep(5 * SECOND, this.signal);
    if (!this.signal.aborted && !this.isLeading && this.does.isVisible() && this.heardAt < asked) this.#stand(true);
  }

  // --- by a claim

  async #elect() {
    this.queue = null;
    while (!this.signal.aborted) {
      const asked = Date.now();
      this.say({ kind: 'who' });
      await sleep(jitter((this.does.isVisible() ? 0.3 : 0.9) * SECOND), this.signal);
      if (this.heardAt < asked && !this.signal.aborted) await this.#reign();
      this.pause = new AbortController();
      const { signal, done } = either([this.pause.signal, this.signal]);
      await sleep(jitter((this.does.isVisible() ? 5 : 20) * SECOND), signal);
      done();
    }
  }

  /** Leads until another tab claims to. */
  async #reign() {
    this.term = new AbortController();
    const { signal, done } = either([this.term.signal, this.signal]);
    this.claim = `${Date.now()} ${randomId()}`;
    this.say({ kind: 'state', state: this.does.state() });
    await this.#lead(signal);
    this.claim = '';
    done();
  }
}
