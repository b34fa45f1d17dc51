// linger's page: one module, no framework, no build step. What it shows is listed at the top of index.html.
//
// Reading order:
//    1  Refusal, createApi     calls to the server, and what it may answer instead
//    2  sessions               who is signed in, and where the browser keeps that
//    3  Conversation, Store    what is known; nothing else holds messages or counts
//    4  Tabs                   the tabs of one session: one leads, and all hear of everything
//    5  Line                   the held poll: the leader's, patient
//    6  Outbox                 what one says, until the server has it
//    7  Reading                last-read positions, which follow the screen
//    8  place                  what a reload finds again
//    9  textNodes              what others wrote, as text and nothing but text
//   10  reconcile, LogView     the messages on the screen, a bounded number of them
//   11  Sidebar, Finder, Composer, Notices, ask
//   12  Chat                   one session, put together
//   13  Door                   coming in
//
// Nothing here makes markup out of strings: elements are created, and text is set as text. The server forbids the
// rest (Content-Security-Policy, trusted types).

/**
 * A message as the server sends it; docs/http.md has the details.
 * @typedef {{id: number, seq: number, room_id?: number, room?: string, from: string, to?: string,
 *   text: string, sent_at: string}} Message
 * @typedef {{id: string, token: string, user: {id: number, name: string, guest: boolean}}} Session
 * @typedef {{key: string, conversation: string, text: string, at: number, state: 'sending'|'failed'|'arrived',
 *   reason?: string, seq?: number, isUnanswered?: boolean}} Outgoing
 */

const SECOND = 1000;
const POLL_SECONDS = 25;
const REFRESH_SECONDS = 20;
const HISTORY_PAGE = 100;
/** Messages that are in the document at most. */
const MAX_ROWS = 300;
const MAX_TEXT_BYTES = 4096;
const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/;

const $ = (id) => document.getElementById(id);
const sleep = (ms, signal) => new Promise((done) => {
  const timer = setTimeout(done, ms);
  signal?.addEventListener('abort', () => { clearTimeout(timer); done(); }, { once: true });
});
/** Between half of `ms` and all of it, so that many pages do not come back in the same moment. */
const jitter = (ms) => ms * (0.5 + Math.random() / 2);
const hex = (byte) => byte.toString(16).padStart(2, '0');
const randomId = () => [...crypto.getRandomValues(new Uint8Array(16))].map(hex).join('');
const isVisible = () => document.visibilityState === 'visible';
const isLookedAt = () => isVisible() && document.hasFocus();
/** Whether the messages can be looked at: nothing lies over them, neither a dialog nor a phone's drawer. */
const isLogVisible = () => isVisible() && !document.querySelector('dialog[open], body.drawer');
const plural = (count, one, many = `${one}s`) => `${count.toLocaleString()} ${count === 1 ? one : many}`;

/** An element with properties, and with children that are nodes or text. */
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// ---------------------------------------------------------------------------------------------- 1  The server

/** What the server answered instead of what was asked for; status 0 if it did not answer. */
class Refusal extends Error {
  constructor(status, problem = {}, retryAfterSeconds = 0) {
    super(problem.detail ?? problem.title ?? `status ${status}`);
    this.status = status;
    this.type = problem.type ?? '';
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Whether the same call may well succeed in a moment. */
  get isPassing() {
    return [0, 429, 502, 503, 504].includes(this.status);
  }

  /** The reason, for the person in front of the screen. */
  get words() {
    const again = this.retryAfterSeconds ? ` Try again ${whenIn(this.retryAfterSeconds)}.` : ' Try again in a moment.';
    switch (this.status) {
      case 0: return 'The server cannot be reached. Check your connection, then try again.';
      case 429: return `Too many attempts.${again}`;
      case 502: case 503: case 504: return `The server cannot get at its database.${again}`;
      default: return this.message;
    }
  }
}

function whenIn(seconds) {
  if (seconds < 90) return `in ${plural(Math.max(1, Math.ceil(seconds)), 'second')}`;
  const at = new Date(Date.now() + seconds * SECOND).toLocaleTimeString([], { hour: 'numeric', minute: '2-digit' });
  return `in ${plural(Math.ceil(seconds / 60), 'minute')}, at ${at}`;
}

/**
 * A function that calls the server as `token`'s session, or as nobody. It answers the parsed JSON (null if there is
 * none) and throws a Refusal, or the reason of `signal`.
 */
function createApi(token) {
  return async (method, path, { body, key, signal, seconds = 15, keepalive = false } = {}) => {
    const headers = {};
    if (token) headers.authorization = `Bearer ${token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (key) headers['idempotency-key'] = key;
    const limit = AbortSignal.timeout(seconds * SECOND);
    let response, answer;
    try {
      response = await fetch(path, {
        method, headers, keepalive, body: body === undefined ? undefined : JSON.stringify(body),
        signal: signal ? AbortSignal.any([signal, limit]) : limit, cache: 'no-store', credentials: 'omit',
      });
      const text = await response.text();
      answer = /json/.test(response.headers.get('content-type') ?? '') && text ? JSON.parse(text) : null;
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw new Refusal(0);
    }
    if (response.ok && (answer || response.status === 204)) return answer;
    // What is not JSON is not from the server, but from something in between.
    const retryAfterSeconds = Number(response.headers.get('retry-after')) || 0;
    throw new Refusal(response.ok ? 0 : response.status, answer ?? {}, retryAfterSeconds);
  };
}

// ---------------------------------------------------------------------------------------------- 2  Sessions

/**
 * Browsers may refuse storage; then nothing survives a reload, and that is all.
 * @param {'localStorage'|'sessionStorage'} kind
 */
const storage = (kind) => ({
  get(key) {
    try { return JSON.parse(window[kind].getItem(key)); } catch { return null; }
  },
  set(key, value) {
    try { window[kind].setItem(key, JSON.stringify(value)); } catch { /* full, or refused */ }
  },
  remove(key) {
    try { window[kind].removeItem(key); } catch { /* refused */ }
  },
});
const ofTab = storage('sessionStorage');
const ofBrowser = storage('localStorage');

/**
 * The session is in `sessionStorage`, where it ends with the tab, or by choice in `localStorage`, where every new tab
 * finds it. Its `id` is drawn here, once for each token: tabs that share a token share the id, and only they.
 */
const sessions = {
  KEY: 'linger.session',
  /** @returns {Session|null} */
  load: () => ofTab.get(sessions.KEY) ?? ofBrowser.get(sessions.KEY),
  save(session, keep) {
    sessions.drop(session.id);
    (keep ? ofBrowser : ofTab).set(sessions.KEY, session);
  },
  drop(id) {
    for (const place of [ofTab, ofBrowser]) if (place.get(sessions.KEY)?.id === id) place.remove(sessions.KEY);
  },
  /** Somebody else was kept in this browser: whoever is in this tab goes on in this tab alone. */
  holdOn(session) {
    if (sessions.load()?.id !== session.id) ofTab.set(sessions.KEY, session);
  },
};

/**
 * What somebody had written when their session ended without their doing, until the same user comes back in this tab.
 * @type {{keep: Function, take: (name: string) => {items?: Outgoing[], drafts?: Object<string, string>}}}
 */
const leftovers = {
  keep(name, items, drafts) {
    if (items.length || Object.keys(drafts).length) ofTab.set(`linger.left.${name}`, { items, drafts });
  },
  take(name) {
    const left = ofTab.get(`linger.left.${name}`) ?? {};
    ofTab.remove(`linger.left.${name}`);
    return left;
  },
};

// ---------------------------------------------------------------------------------------------- 3  What is known

/** A room or a direct conversation. `messages` is a stretch of it without gaps, by `seq`. */
class Conversation {
  constructor(kind, name) {
    this.kind = kind;
    this.name = name;
    this.roomId = 0;
    this.isJoined = kind === 'direct';
    /** When one last joined or left here; an answer to an older question says nothing about it. */
    this.joinedAt = 0;
    this.members = 0;
    this.newest = 0;
    this.newestId = 0;
    this.lastRead = 0;
    /** How far the server is known to have `lastRead`. */
    this.confirmedRead = 0;
    /** When `lastRead` was last moved here; an answer to an older question says nothing about it. */
    this.readAt = 0;
    /** @type {Message[]} */
    this.messages = [];
    this.isLoaded = false;
    /** @type {number|null} The seq after which the line "New messages" is drawn. */
    this.newAfter = null;
  }

  get key() { return `${this.kind}/${this.name}`; }
  get label() { return this.kind === 'room' ? `#${this.name}` : this.name; }
  get path() { return this.kind === 'room' ? `/room/${this.roomId}` : `/direct/${this.name}`; }
  get unread() { return this.isJoined ? Math.max(0, this.newest - this.lastRead) : 0; }
  get first() { return this.messages[0]?.seq ?? 0; }
  get last() { return this.messages.at(-1)?.seq ?? 0; }
  get isAtEnd() { return this.isLoaded && this.last >= this.newest; }
  get isAtBeginning() { return this.isLoaded && this.first <= 1; }

  at(seq) { return this.messages[seq - this.first]; }

  /** Takes messages in, oldest first: joins them to what is there, or begins anew if they do not touch. */
  absorb(page) {
    this.isLoaded = true;
    if (!page.length) return;
    const [first, last] = [page[0].seq, page.at(-1).seq];
    if (!this.messages.length || first > this.last + 1 || last < this.first - 1) this.messages = [...page];
    else {
      this.messages = [...page.filter((m) => m.seq < this.first), ...this.messages];
      this.messages.push(...page.filter((m) => m.seq > this.last));
    }
    this.see(page.at(-1));
  }

  /** Takes a message that came by itself; it is kept if it continues what is there. */
  append(message) {
    if (this.isLoaded && message.seq === this.last + 1) this.messages.push(message);
    this.see(message);
  }

  see(message) {
    this.newest = Math.max(this.newest, message.seq);
    this.newestId = Math.max(this.newestId, message.id);
  }

  moveRead(seq) {
    if (seq <= this.lastRead) return false;
    this.lastRead = seq;
    this.readAt = performance.now();
    return true;
  }
}

/** Everything that is known about the server's side. Says `changed()` after each change. */
class Store {
  constructor(me, changed) {
    this.me = me;
    this.changed = changed;
    /** @type {Map<string, Conversation>} */
    this.conversations = new Map();
    /** @type {string[]} Who is online, without oneself. */
    this.people = [];
    this.isReady = false;
  }

  /** The conversation of that name; it is made if it was not known. */
  conversation(kind, name) {
    const key = `${kind}/${name}`;
    if (!this.conversations.has(key)) this.conversations.set(key, new Conversation(kind, name));
    return this.conversations.get(key);
  }

  ofMessage(message) {
    if (message.room === undefined) {
      return this.conversation('direct', message.from === this.me ? message.to : message.from);
    }
    const room = this.conversation('room', message.room);
    room.roomId = message.room_id;
    return room;
  }

  get rooms() {
    const rank = (c) => (c.roomId === 1 ? '' : c.name);
    return [...this.conversations.values()].filter((c) => c.kind === 'room' && c.isJoined)
      .sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  }

  /** Those in which something was said, the latest first; `open` is listed before anything is said. */
  directs(open) {
    return [...this.conversations.values()].filter((c) => c.kind === 'direct' && (c.newest > 0 || c === open))
      .sort((a, b) => b.newestId - a.newestId || (a.name < b.name ? -1 : 1));
  }

  get unread() {
    let sum = 0;
    for (const conversation of this.conversations.values()) sum += conversation.unread;
    return sum;
  }

  /** Takes what `GET /status` answered to a question that was asked at `asked`. */
  adopt(status, asked) {
    const joined = new Set();
    for (const known of status.conversations) {
      const isRoom = known.room !== undefined;
      const conversation = isRoom ? this.conversation('room', known.room) : this.conversation('direct', known.with);
      if (isRoom) conversation.roomId = known.room_id;
      joined.add(conversation.key);
      this.adoptPosition(conversation, known, asked);
      for (const message of known.messages ?? []) conversation.see(message);
    }
    for (const conversation of this.conversations.values()) {
      if (conversation.kind === 'direct' || asked < conversation.joinedAt) continue;
      conversation.isJoined = joined.has(conversation.key);
    }
    this.isReady = true;
    this.changed();
  }

  /** What was read elsewhere counts here, unless the answer is older than what was read here. */
  adoptPosition(conversation, known, asked) {
    conversation.newest = Math.max(conversation.newest, known.newest);
    if (asked < conversation.readAt) return;
    const isUnsent = conversation.lastRead > conversation.confirmedRead;
    conversation.confirmedRead = known.last_read;
    conversation.lastRead = isUnsent ? Math.max(conversation.lastRead, known.last_read) : known.last_read;
  }

  /**
   * Takes messages that came by themselves and answers those that were not known. One's own counts as read if
   * nothing before it was unread: the server counts so, too.
   */
  take(messages) {
    const fresh = messages.filter((message) => {
      const conversation = this.ofMessage(message);
      if (message.seq <= (conversation.isLoaded ? conversation.last : conversation.newest)) return false;
      conversation.append(message);
      if (message.from !== this.me) this.meet(message.from);
      else if (conversation.lastRead === message.seq - 1) {
        conversation.moveRead(message.seq);
        conversation.confirmedRead = Math.max(conversation.confirmedRead, message.seq);
      }
      return true;
    });
    if (messages.length) this.changed();
    return fresh;
  }

  /** Who says something is online. */
  meet(name) {
    if (!this.people.includes(name)) this.people = [...this.people, name].sort();
  }

  /** Forgets what an earlier database said. */
  forget() {
    this.conversations.clear();
    this.isReady = false;
  }
}

// ---------------------------------------------------------------------------------------------- 4  Tabs

/**
 * The tabs of one session. The one that holds the lock leads: it holds the poll, and tells the others what came. When
 * it closes, the browser gives the lock to the next, which goes on from its own cursor.
 *
 * A tab may be put to sleep with the lock in its hand. So a tab that is looked at asks now and then who leads, and
 * takes the lock away if nobody answers. Without locks (a page that did not come by https, nor from this machine)
 * every tab leads, for itself.
 */
class Tabs {
  /**
   * @param {string} name what these tabs have in common, and no others
   * @param {{lead: (signal: AbortSignal) => Promise<void>, hear: (word: object) => void, state: () => object}} does
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
    const check = () => isVisible() && this.#check();
    document.addEventListener('visibilitychange', check, { signal: this.signal });
    const timer = setInterval(check, 20 * SECOND);
    this.signal.addEventListener('abort', () => clearInterval(timer));
  }

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
    if (!navigator.locks) return void this.#lead(this.signal);
    this.queue?.abort();
    this.queue = new AbortController();
    const term = new AbortController();
    const options = steal ? { steal } : { signal: AbortSignal.any([this.queue.signal, this.signal]) };
    const queue = this.queue;
    try {
      await navigator.locks.request(this.name, options, () => this.#lead(AbortSignal.any([term.signal, this.signal])));
    } catch (refused) {
      // No longer wanted, or taken away; anything else means that this browser grants no locks to this page.
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
    if (this.isLeading || !navigator.locks) return;
    const asked = performance.now();
    this.say({ kind: 'who' });
    await sleep(5 * SECOND, this.signal);
    if (!this.signal.aborted && !this.isLeading && isVisible() && this.heardAt < asked) this.#stand(true);
  }
}

// ---------------------------------------------------------------------------------------------- 5  The held poll

/**
 * @typedef {{name: 'connecting'|'connected'|'waiting', words: string}} LineState
 */
const CONNECTING = { name: 'connecting', words: 'Connecting…' };
const CONNECTED = { name: 'connected', words: 'Connected' };

/** What was read is the screen's to say, and not the poll's. */
const pollPath = (cursor, wait) => `/poll?cursor=${encodeURIComponent(cursor)}&wait=${wait}&limit=500&mark_read=false`;

/** The held poll: asks, again and again, and knows how to wait when there is no answer. */
class Line {
  /**
   * @param {{api: Function, cursor: () => string, page: Function, state: (state: LineState) => void,
   *   reset: Function}} does
   */
  constructor(does) {
    this.does = does;
    this.failures = 0;
    this.isHealthy = false;
  }

  async hold(signal) {
    this.isHealthy = false;
    while (!signal.aborted) await this.patiently((now) => this.#ask(now), signal);
  }

  /** Does `task` until it succeeds, with pauses that grow, and says what it is waiting for. */
  async patiently(task, signal) {
    while (!signal.aborted) {
      this.turn = new AbortController();
      const now = AbortSignal.any([signal, this.turn.signal]);
      try {
        return await task(now);
      } catch (refusal) {
        if (now.aborted) continue;
        if (!(refusal instanceof Refusal)) throw refusal;
        await this.#recover(refusal, now);
      }
    }
  }

  /** Asks at once instead of waiting longer: the network is back, or somebody looks at the page again. */
  nudge() {
    this.turn?.abort();
  }

  async #ask(signal) {
    // The first question after a trouble is answered at once, so that one sees that the trouble is over.
    const wait = this.isHealthy ? POLL_SECONDS : 0;
    const cursor = this.does.cursor();
    const asked = performance.now();
    const page = await this.does.api('GET', pollPath(cursor, wait), { signal, seconds: wait + 15 });
    this.isHealthy = true;
    this.failures = 0;
    this.does.page(page);
    this.does.state(CONNECTED);
    // A server that stops answers everybody at once: they should not all come back at once.
    if (wait && !page.messages.length && performance.now() - asked < SECOND) await sleep(jitter(SECOND), signal);
  }

  async #recover(refusal, signal) {
    this.isHealthy = false;
    if (refusal.status === 410) {
      this.does.state(CONNECTING);
      return this.does.reset();
    }
    this.failures += 1;
    const { status } = refusal;
    const patience = Math.min(30, 0.5 * 2 ** this.failures);
    const seconds = status === 409 ? 10 : Math.max(refusal.retryAfterSeconds, patience);
    const pause = jitter(seconds * SECOND) + refusal.retryAfterSeconds * SECOND / 2;
    const what = !navigator.onLine && status === 0 ? 'No network.'
      : status === 0 ? 'The server does not answer.'
      : status === 409 ? 'Too many tabs are connected.'
      : refusal.isPassing && status !== 429 ? 'The server cannot get at its database.'
      : refusal.message;
    this.does.state({ name: 'waiting', words: `${what} Next try ${whenIn(pause / SECOND)}.` });
    await sleep(pause, signal);
  }
}

// ---------------------------------------------------------------------------------------------- 6  What one says

/**
 * Messages on their way, in the order in which they were written, one at a time. Each has its Idempotency-Key for
 * good: however often it is tried, also after a reload, it is stored once.
 */
class Outbox {
  /** Pauses before it is tried again by itself; then it has failed, and a person decides. */
  static PAUSES = [0.4, 1.2, 3];
  /** Further ones while the server answers polls, and only what is sent goes unanswered. */
  static MORE_PAUSES = [4, 4, 4, 4];
  /** The server keeps keys for 25 hours. */
  static KEY_HOURS = 24;

  constructor(session, left, { post, sent, failed, changed, isConnected, signal }) {
    this.storageKey = `linger.outbox.${session.id}`;
    Object.assign(this, { post, sent, failed, changed, isConnected, signal });
    /** @type {Outgoing[]} */
    this.items = ofTab.get(this.storageKey) ?? left ?? [];
    /** @type {Outgoing[]} The server has them, but perhaps not the conversation, whose history is on its way. */
    this.arrived = [];
  }

  /** Those that are not among the conversation's messages yet. */
  of(conversation) {
    const isIn = (item) => item.conversation === conversation.key;
    const isThere = ({ seq }) => seq !== undefined && seq <= conversation.last;
    // Those that are need not be looked at again.
    this.arrived = this.arrived.filter((item) => !isIn(item) || !isThere(item));
    return [...this.arrived, ...this.items].filter((item) => isIn(item) && !isThere(item));
  }

  /** Those that the server is not known to have, in whatever conversation. */
  get unsent() {
    return this.items.filter((item) => item.seq === undefined);
  }

  /** Waits until nothing is on its way, but not for long. */
  async settle(seconds) {
    const end = performance.now() + seconds * SECOND;
    while (this.unsent.some(({ state }) => state === 'sending') && performance.now() < end) await sleep(50, this.signal);
  }

  put(conversation, text) {
    this.items.push({ key: randomId(), conversation: conversation.key, text, at: Date.now(), state: 'sending' });
    this.#update();
  }

  retry(key) {
    const item = this.items.find((item) => item.key === key);
    if (item) [item.state, item.reason] = ['sending', undefined];
    this.#update();
  }

  remove(key) {
    this.items = this.items.filter((item) => item.key !== key);
    this.#update();
  }

  /**
   * One's own message came with the poll: it may be one whose answer is still on its way, or was lost, and must not
   * stand there twice. (If it was another of the same text, the answer will tell.)
   */
  recognise(conversation, message) {
    const item = this.items.find((item) => item.conversation === conversation.key && item.text === message.text
      && item.seq === undefined && (item.state === 'sending' || item.isUnanswered));
    if (!item) return;
    item.seq = message.seq;
    this.askAgain();
  }

  /** What seems to have arrived is asked for again: under its key, the answer is the same message. */
  askAgain() {
    for (const item of this.items) if (item.seq !== undefined) item.state = 'sending';
    this.#update();
  }

  start() { this.askAgain(); }

  /** The database is another one: what it says of one's messages is not known. */
  forget() { this.arrived = []; }

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
    for (let item; !this.signal.aborted && (item = next());) await this.#send(item);
    this.isBusy = false;
  }

  /** @param {Outgoing} item */
  async #send(item) {
    if (Date.now() - item.at > Outbox.KEY_HOURS * 3600 * SECOND) {
      return this.#fail(item, 'This was written more than a day ago, and may have been sent then.');
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
        const isUnanswered = refusal.status === 0;
        const pauses = isUnanswered && this.isConnected() ? [...Outbox.PAUSES, ...Outbox.MORE_PAUSES] : Outbox.PAUSES;
        const pause = Math.max(pauses[attempt] ?? Infinity, refusal.retryAfterSeconds);
        if (!refusal.isPassing || pause > 5 || !navigator.onLine) {
          return this.#fail(item, isUnanswered ? 'There is no connection.' : refusal.words, isUnanswered);
        }
        await sleep(jitter(pause * SECOND) + refusal.retryAfterSeconds * SECOND / 2);
      }
    }
  }

  #fail(item, reason, isUnanswered = false) {
    [item.state, item.reason, item.isUnanswered] = ['failed', reason, isUnanswered];
    // Without an answer, what seems to have arrived goes on seeming so.
    if (!isUnanswered) item.seq = undefined;
    if (item.seq === undefined) this.failed(item);
    this.#update();
  }
}

// ---------------------------------------------------------------------------------------------- 7  What was read

/**
 * Last-read positions. Every tab moves its own and the others' when it has shown something; only the leader tells the
 * server, one position at a time. Another device may be ahead, so the server is asked to move them only forward.
 */
class Reading {
  constructor(store, tabs, api, signal) {
    Object.assign(this, { store, tabs, api, signal });
  }

  /** @param {Conversation} conversation @param {number} seq a message that was on the screen */
  see(conversation, seq) {
    if (!conversation.isJoined || !conversation.moveRead(seq)) return;
    this.tabs.say({ kind: 'read', conversation: conversation.key, seq });
    this.store.changed();
    this.flush();
  }

  /** Another tab has shown it (`seq`), or told the server (`confirmed`). */
  hear({ conversation: key, seq, confirmed }) {
    const conversation = this.store.conversations.get(key);
    if (!conversation) return;
    if (confirmed) conversation.confirmedRead = Math.max(conversation.confirmedRead, confirmed);
    if (seq && conversation.moveRead(seq)) this.store.changed();
    this.flush();
  }

  /** Tells the server what it does not know yet. */
  async flush() {
    if (!this.tabs.isLeading || this.isFlushing) return;
    this.isFlushing = true;
    await sleep(0.25 * SECOND, this.signal);
    try {
      for (let next; (next = this.#unsent()[0]) && !this.signal.aborted;) await this.#send(next);
    } catch { /* the next flush, at the latest after the trouble, tries again */ }
    this.isFlushing = false;
  }

  /** The page is about to go, and nobody may be left to flush later. */
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
      // Somebody left the room meanwhile, or it is gone: there is no position any more.
      if (![404, 409].includes(refusal.status)) throw refusal;
    }
    conversation.confirmedRead = Math.max(conversation.confirmedRead, seq);
    this.tabs.say({ kind: 'read', conversation: conversation.key, confirmed: seq });
    this.store.changed();
  }
}

// ---------------------------------------------------------------------------------------------- 8  The place

/** What a reload of this tab finds again: where one was, how far one had scrolled, and what one had begun to write. */
class Place {
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

  static hash(conversation) {
    return `#/${conversation.key}`;
  }

  /** @returns {[string, string]|null} the kind and the name of the conversation in the address */
  static parse(hash) {
    const [, kind, name] = /^#\/(room|direct)\/(.+)$/.exec(hash) ?? [];
    return NAME.test(name ?? '') ? [kind, name] : null;
  }
}

// ---------------------------------------------------------------------------------------------- 9  Text

const LINK_OR_MENTION = /https?:\/\/[^\s<>"]+|(?<![\w@./-])@[a-z0-9][a-z0-9_-]*/gi;

/** A message's text as nodes: text, links to http and https, and names that are called. */
function textNodes(text, me) {
  const nodes = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(LINK_OR_MENTION)) {
    const part = found.startsWith('@') ? mention(found, me) : link(withoutPunctuation(found));
    if (!part) continue;
    nodes.push(text.slice(end, index), part);
    end = index + part.textContent.length;
  }
  nodes.push(text.slice(end));
  return nodes;
}

function mention(written, me) {
  const isMe = written.slice(1).toLowerCase() === me;
  return element(isMe ? 'mark' : 'span', { className: 'mention' }, written);
}

const isCalled = (text, me) => [...text.matchAll(LINK_OR_MENTION)].some(([found]) => found.toLowerCase() === `@${me}`);

/** A link's address as it was written; null if it is not one of the two harmless kinds. */
function link(written) {
  const url = URL.canParse(written) ? new URL(written) : null;
  if (!url || !['http:', 'https:'].includes(url.protocol)) return null;
  return element('a', { href: url.href, target: '_blank', rel: 'noopener noreferrer nofollow' }, written);
}

/** Without what belongs to the sentence around it: "(see https://a.example/b_(c))." links to "…/b_(c)". */
function withoutPunctuation(url) {
  const count = (character) => url.split(character).length;
  // How many of them close nothing. They are counted once: there may be thousands.
  const loose = new Map(['()', '[]', '{}'].map(([opens, closes]) => [closes, count(closes) - count(opens)]));
  let end = url.length;
  for (let last; /[.,;:!?'*\])}…]/.test(last = url[end - 1]); end -= 1) {
    if (!loose.has(last)) continue;
    if (loose.get(last) <= 0) break;
    loose.set(last, loose.get(last) - 1);
  }
  return url.slice(0, end);
}

// ---------------------------------------------------------------------------------------------- 10  The messages

/**
 * Makes the children of `parent` what `rows` say, by their keys, and touches nothing that is right already: what has
 * the focus keeps it.
 * @template {{key: string}} Row
 * @param {(row: Row) => HTMLElement} make
 * @param {(node: HTMLElement, row: Row) => void} update
 */
function reconcile(parent, rows, make, update = () => {}) {
  const keys = new Set(rows.map((row) => row.key));
  const kept = new Map();
  for (const node of [...parent.children]) {
    if (keys.has(node.rowKey)) kept.set(node.rowKey, node);
    else node.remove();
  }
  let next = parent.firstChild;
  for (const row of rows) {
    const node = kept.get(row.key) ?? Object.assign(make(row), { rowKey: row.key });
    update(node, row);
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
}

const clock = new Intl.DateTimeFormat([], { hour: 'numeric', minute: '2-digit' });
const fullTime = new Intl.DateTimeFormat([], { dateStyle: 'full', timeStyle: 'short' });
const dayOf = (at) => new Date(at).toDateString();

function dayName(at) {
  const day = new Date(at);
  const now = new Date();
  if (dayOf(day) === dayOf(now)) return 'Today';
  if (dayOf(day) === dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))) return 'Yesterday';
  const year = day.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' };
  return day.toLocaleDateString([], { weekday: 'long', day: 'numeric', month: 'long', ...year });
}

/** A letter on a colour that is always the same for a name. */
function paintFace(face, name) {
  let hash = 7;
  for (const letter of name) hash = (hash * 31 + letter.charCodeAt(0)) % 360;
  face.textContent = name[0].toUpperCase();
  face.style.setProperty('--hue', hash);
  return face;
}

/**
 * The messages of the open conversation. At most MAX_ROWS of them are in the document: a window, `from` to `to`, that
 * moves with the scrolling. Whatever changes, what one is looking at stays where it is, unless one is at the end
 * (`isStuck`) and follows what comes.
 */
class LogView {
  static STEP = 100;
  static GROUP_MINUTES = 5;
  /** Longer texts are folded. */
  static FOLD_LINES = 20;
  static FOLD_LENGTH = 1600;

  constructor({ me, api, outbox, seen, moved, decided, signal }) {
    Object.assign(this, { me, api, outbox, seen, moved, decided });
    this.log = $('log');
    this.column = element('div', { className: 'column' });
    this.log.replaceChildren(this.column);
    const howMuch = { root: this.log, threshold: [0, 0.25, 0.5, 1] };
    this.observer = new IntersectionObserver((entries) => this.#sawThese(entries), howMuch);
    this.watched = new Set();
    const again = () => isLogVisible() && this.watchAgain();
    this.log.addEventListener('scroll', () => this.#scrolled(), { signal, passive: true });
    this.column.addEventListener('click', (event) => this.#clicked(event), { signal });
    $('newest').addEventListener('click', () => this.toEnd(), { signal });
    document.addEventListener('visibilitychange', again, { signal });
    // It is said to the dialog alone, and does not bubble.
    document.addEventListener('close', again, { signal, capture: true });
    // The window grows, a phone is turned or shows its keyboard: what one was looking at stays there.
    const resized = new ResizeObserver(() => (this.isStuck ? this.#scrollToEnd() : this.#putBack(this.anchored)));
    resized.observe(this.log);
    signal.addEventListener('abort', () => { resized.disconnect(); this.observer.disconnect(); });
  }

  // --- which conversation, and where in it

  /** Shows a conversation: where one was, or at the first unread message, or at the end. */
  async open(conversation, scroll = null) {
    if (this.conversation && this.conversation !== conversation) this.#close(this.conversation);
    this.conversation = conversation;
    // Nobody waits here for what belongs elsewhere.
    this.visit?.abort();
    this.visit = new AbortController();
    this.log.ariaLabel = `Messages ${conversation.kind === 'room' ? 'in' : 'with'} ${conversation.label}`;
    this.column.replaceChildren();
    [this.from, this.to, this.trouble, this.isStuck, this.isFramed] = [0, 0, '', false, false];
    this.stuckAt = 0;
    conversation.newAfter = scroll?.newAfter ?? (conversation.unread ? conversation.lastRead : null);
    this.isLineOld = !conversation.unread;
    const isThere = scroll && scroll.seq <= conversation.newest;
    this.goal = isThere ? scroll : conversation.unread ? { seq: conversation.lastRead + 1 } : null;
    this.render();
    await this.fill();
  }

  #close(conversation) {
    conversation.newAfter = null;
    if (conversation.isAtEnd) conversation.messages = conversation.messages.slice(-MAX_ROWS);
  }

  /** To the newest message, whatever lies between. */
  async toEnd() {
    [this.goal, this.isFramed] = [null, false];
    await this.fill();
  }

  /** One has written something, and wants to see it; but not at the price of what is unread. */
  wrote() {
    if (this.conversation.unread) return;
    this.conversation.newAfter = null;
    if (!this.isStuck) this.toEnd();
  }

  /** The place, for a reload; null is the end. */
  get place() {
    const anchor = this.anchored = this.isStuck ? null : this.#anchor();
    const { key, newAfter } = this.conversation;
    return anchor && { conversation: key, seq: anchor.seq, top: anchor.top, newAfter };
  }

  // --- what is loaded

  /** Loads and draws what is missing around what one is looking at: is over when all of it is there, or refused. */
  async fill() {
    if (!this.conversation) return;
    this.isLacking = true;
    await (this.filling ??= this.#fill());
  }

  async #fill() {
    try {
      // Somebody may go elsewhere between the last step and its end.
      while (this.isLacking) {
        this.isLacking = false;
        while (await this.#fillOnce());
      }
    } finally {
      this.filling = null;
    }
    this.render();
  }

  /** One step; false if there is nothing left to do, or it could not be done. */
  async #fillOnce() {
    const { signal } = this.visit;
    try {
      const isMore = await this.#step();
      this.trouble = '';
      return isMore;
    } catch (refusal) {
      // Somebody has gone elsewhere meanwhile: that is still to be filled.
      if (signal.aborted) return true;
      if (!(refusal instanceof Refusal)) throw refusal;
      [this.trouble, this.isLacking] = [refusal.words, false];
      return false;
    }
  }

  async #step() {
    const { conversation } = this;
    if (!this.isFramed) {
      if (!this.#isGoalLoaded()) await this.#load(this.goal ? { after: Math.max(0, this.goal.seq - 40) } : {}, true);
      this.#frame();
      return true;
    }
    const { scrollTop, clientHeight, scrollHeight } = this.log;
    const reach = Math.min(1500, clientHeight * 1.5);
    if (scrollTop < reach && !(this.from === conversation.first && conversation.isAtBeginning)) {
      const isMore = this.from > conversation.first || (await this.#load({ before: conversation.first }));
      if (isMore) this.#show(this.from - LogView.STEP, 'older');
      return isMore;
    }
    if (scrollHeight - scrollTop - clientHeight > reach) return false;
    if (this.to === conversation.last && conversation.isAtEnd) return false;
    const isMore = this.to < conversation.last || (await this.#load({ after: conversation.last }));
    if (isMore) this.#show(this.to + LogView.STEP, 'newer');
    return isMore;
  }

  #isGoalLoaded() {
    const { conversation, goal } = this;
    if (!goal) return conversation.isAtEnd;
    return conversation.isLoaded && goal.seq >= conversation.first && goal.seq <= conversation.last;
  }

  /** A page of history, joined to what is there. It is for the caller to draw it, in one go with what that changes. */
  async #load(query, anew = false) {
    const { conversation, visit: { signal } } = this;
    const parameters = new URLSearchParams({ ...query, limit: HISTORY_PAGE });
    const page = await this.api('GET', `${conversation.path}/messages?${parameters}`, { signal });
    // Without `after` and `before` it is the newest page, and there is nothing behind it.
    const last = page.messages.at(-1)?.seq ?? Infinity;
    if (anew) conversation.messages = conversation.messages.filter((message) => message.seq > last);
    conversation.absorb(page.messages);
    signal.throwIfAborted();
    return page.messages.length > 0;
  }

  /** Puts the window around the goal, and scrolls there. */
  #frame() {
    const { conversation, goal } = this;
    const target = Math.min(goal?.seq ?? conversation.last, conversation.last);
    this.isFramed = true;
    this.from = Math.max(conversation.first, target - 100);
    this.to = Math.min(conversation.last, this.from + 200);
    if (!goal) [this.from, this.to] = [Math.max(conversation.first, conversation.last - 120), conversation.last];
    this.isStuck = false;
    this.#stick(!goal);
    this.render();
    if (!goal) return;
    const line = this.column.querySelector('.new-line');
    const row = this.column.querySelector(`[data-seq="${target}"]`);
    if (goal.top !== undefined && row) this.log.scrollTop += this.#top(row) - goal.top;
    else if (line) this.log.scrollTop += this.#top(line) - this.log.clientHeight / 5;
    this.goal = null;
    this.#noteEnd();
  }

  /** Moves one edge of the window, and the other one after it when it holds too much. */
  #show(edge, direction) {
    const { first, last } = this.conversation;
    if (direction === 'older') {
      this.from = Math.max(first, edge);
      this.to = Math.min(this.to, this.from + MAX_ROWS - 1);
    } else {
      this.to = Math.min(last, edge);
      this.from = Math.max(first, this.from, this.to - MAX_ROWS + 1);
    }
    this.render();
  }

  // --- drawing

  /** Draws what is known now. */
  render() {
    const { conversation } = this;
    if (!conversation) return;
    this.#follow();
    this.#moveLine();
    const anchor = this.isStuck ? null : this.#anchor();
    this.#draw();
    this.log.ariaBusy = String(!conversation.isLoaded && !this.trouble);
    if (this.isStuck) this.#scrollToEnd();
    else this.#putBack(anchor);
    this.#watch();
    this.#noteEnd();
  }

  #draw() {
    reconcile(this.column, this.#rows(), (row) => this.#make(row), (node, row) => this.#update(node, row));
  }

  /** What came by itself is drawn if the window was at the end. */
  #follow() {
    const { last, lastRead, unread } = this.conversation;
    if (this.to && this.wasTail && last > this.to) {
      // What is unread stays in the window, also when it is more than fits.
      const from = unread ? Math.min(last - MAX_ROWS + 1, Math.max(lastRead, this.stuckAt) - 50) : last - MAX_ROWS + 1;
      if (this.isStuck) this.from = Math.max(this.from, from);
      this.to = Math.min(last, this.from + MAX_ROWS - 1);
    } else if (!this.to && this.isFramed && last) {
      // The first message of an empty conversation.
      [this.from, this.to] = [this.conversation.first, last];
    }
    this.wasTail = this.to === last;
  }

  /** Where the line "New messages" is: after what had been read when one looked away. */
  #moveLine() {
    const { conversation } = this;
    if (!conversation.unread) this.isLineOld = true;
    else if ((!isLogVisible() || !this.isStuck) && (conversation.newAfter === null || this.isLineOld)) {
      conversation.newAfter = conversation.lastRead;
      this.isLineOld = false;
    }
  }

  #rows() {
    const { conversation, from, to } = this;
    const rows = conversation.isLoaded || this.trouble ? [this.#head()] : [];
    let previous = conversation.at(from - 1);
    for (let seq = from; seq && seq <= to; seq += 1) {
      const message = conversation.at(seq);
      if (!message) break;
      const isNewDay = !previous || dayOf(previous.sent_at) !== dayOf(message.sent_at);
      const isFirstNew = conversation.newAfter === seq - 1;
      if (isNewDay) rows.push({ key: `day ${seq}`, kind: 'day', at: message.sent_at });
      if (isFirstNew) rows.push({ key: 'new', kind: 'new' });
      rows.push({
        key: `${seq}`, kind: 'message', message,
        isFirst: isNewDay || isFirstNew || !this.#isGrouped(previous, message),
      });
      previous = message;
    }
    if (this.isFramed && to < conversation.last) return rows;
    for (const outgoing of this.outbox.of(conversation)) {
      const message = { from: this.me, sent_at: new Date(outgoing.at).toISOString(), text: outgoing.text };
      const isFirst = !previous || !this.#isGrouped(previous, message);
      rows.push({ key: outgoing.key, kind: 'outgoing', message, outgoing, isFirst });
      previous = message;
    }
    return rows;
  }

  #isGrouped(previous, message) {
    const minutes = (new Date(message.sent_at) - new Date(previous.sent_at)) / (60 * SECOND);
    return previous.from === message.from && minutes < LogView.GROUP_MINUTES;
  }

  /** The row above all others says what is, or is not, above it. */
  #head() {
    const { conversation } = this;
    const { kind, label } = conversation;
    const head = { key: 'head', kind: 'head' };
    if (this.trouble) return { ...head, words: this.trouble, canRetry: true };
    if (conversation.newest === 0 && !this.outbox.of(conversation).length) {
      const where = kind === 'room' ? 'here' : `between you and ${label}`;
      return { ...head, words: `Nothing has been said ${where} yet.`, isEmpty: true };
    }
    if (!this.isFramed || this.from > 1) return { ...head, words: 'Loading…', isLoading: true };
    const what = kind === 'room' ? `${label} begins` : `you and ${label} begin`;
    return { ...head, words: `This is where ${what}.` };
  }

  #make(row) {
    if (row.kind === 'head') return element('p', { className: 'head' });
    if (row.kind === 'day') return element('div', { className: 'day', role: 'separator' }, element('span'));
    if (row.kind === 'new') {
      const label = 'New messages';
      return element('div', { className: 'new-line', role: 'separator', ariaLabel: label }, element('span', {}, label));
    }
    const { message } = row;
    const at = new Date(message.sent_at);
    const text = element('div', { className: 'text', dir: 'auto' }, ...textNodes(message.text, this.me));
    const node = element('article', { className: 'message' },
      paintFace(element('span', { className: 'face', ariaHidden: 'true' }), message.from),
      element('p', { className: 'by' },
        element('strong', { className: 'author' }, message.from), ' ',
        element('time', { dateTime: message.sent_at, title: fullTime.format(at) }, clock.format(at))),
      text);
    node.classList.toggle('mine', message.from === this.me);
    node.classList.toggle('calls-me', message.from !== this.me && isCalled(message.text, this.me));
    if (message.seq) node.dataset.seq = message.seq;
    if (message.text.length > LogView.FOLD_LENGTH || message.text.split('\n').length > LogView.FOLD_LINES) {
      text.classList.add('folded');
      node.append(element('button', { className: 'plain small', type: 'button' }, 'Show all'));
    }
    return node;
  }

  #update(node, row) {
    if (row.kind === 'day') setText(node.firstChild, dayName(row.at));
    if (row.kind === 'head') this.#updateHead(node, row);
    if (row.message) node.classList.toggle('first', row.isFirst);
    if (row.kind === 'outgoing') this.#updateOutgoing(node, row.outgoing);
  }

  #updateHead(node, { words, isLoading = false, isEmpty = false, canRetry = false }) {
    node.classList.toggle('loading', isLoading);
    node.classList.toggle('empty', isEmpty);
    if (node.dataset.words === words) return;
    node.dataset.words = words;
    node.replaceChildren(words);
    if (canRetry) node.append(' ', element('button', { className: 'plain small', type: 'button' }, 'Load again'));
  }

  #updateOutgoing(node, outgoing) {
    if (node.dataset.state === outgoing.state) return;
    node.dataset.state = outgoing.state;
    node.dataset.key = outgoing.key;
    node.querySelector('.fate')?.remove();
    if (outgoing.state === 'sending') node.append(element('p', { className: 'fate' }, 'Sending…'));
    else if (outgoing.state === 'failed') {
      node.append(element('p', { className: 'fate' }, element('span', {}, `Not sent. ${outgoing.reason}`), ' ',
        element('button', { className: 'plain small', type: 'button' }, 'Retry'), ' ',
        element('button', { className: 'plain small', type: 'button' }, 'Remove')));
    }
  }

  #clicked({ target }) {
    if (!(target instanceof HTMLButtonElement)) return;
    const row = target.closest('[data-key]');
    if (row) {
      // The button goes, and would take the focus with it.
      this.decided();
      if (target.textContent === 'Retry') this.outbox.retry(row.dataset.key);
      else this.outbox.remove(row.dataset.key);
    } else if (target.textContent === 'Load again') this.fill();
    else {
      const isFolded = target.previousElementSibling.classList.toggle('folded');
      target.textContent = isFolded ? 'Show all' : 'Show less';
    }
  }

  // --- scrolling

  #top(node) {
    return node.getBoundingClientRect().top - this.log.getBoundingClientRect().top;
  }

  /** The first message that can be seen, and how far from the upper edge it is. */
  #anchor() {
    for (const node of this.column.children) {
      const top = this.#top(node);
      const bottom = top + node.offsetHeight;
      if (node.dataset.seq && bottom > 0) return { node, top, bottom, seq: Number(node.dataset.seq) };
    }
    return null;
  }

  /** By its lower edge: the first message loses its head when it turns out to continue another. */
  #putBack(anchor) {
    const shift = anchor?.node.isConnected ? this.#top(anchor.node) + anchor.node.offsetHeight - anchor.bottom : 0;
    if (shift) this.log.scrollTop += shift;
  }

  #scrolled() {
    if (this.isScrolling) return;
    this.isScrolling = true;
    requestAnimationFrame(() => {
      this.isScrolling = false;
      if (!this.conversation) return;
      this.#noteEnd();
      this.fill();
      this.moved();
    });
  }

  /** To the end; but not so far that the line "New messages" leaves the screen while nobody could read what is new. */
  #scrollToEnd() {
    this.#stopAtBurst();
    const isPassing = this.conversation.unread && (!isLogVisible() || !this.isStuck);
    const line = isPassing ? this.column.querySelector('.new-line') : null;
    const end = this.log.scrollHeight - this.log.clientHeight;
    const top = line ? Math.min(end, this.log.scrollTop + this.#top(line) - 48) : end;
    if (Math.abs(this.log.scrollTop - top) > 1) this.log.scrollTop = top;
  }

  /** More came in one go than the screen can show: one does not follow it, but begins to read where it begins. */
  #stopAtBurst() {
    const { conversation } = this;
    if (!this.isStuck || !conversation.unread || !isLogVisible()) return;
    const known = Math.max(conversation.lastRead, this.stuckAt);
    const first = this.column.querySelector(`[data-seq="${known + 1}"]`);
    if (!first || this.#top(this.column) + this.column.offsetHeight - this.#top(first) <= this.log.clientHeight) return;
    [conversation.newAfter, this.isLineOld, this.isStuck] = [known, false, false];
    this.#draw();
  }

  /** Follows what comes, or does not. What one passed by on the way to the end is not waited for. */
  #stick(isStuck) {
    if (isStuck && !this.isStuck) this.stuckAt = this.to;
    this.isStuck = isStuck;
  }

  #noteEnd() {
    const { conversation, log } = this;
    // A text that grows below takes room from the log: that is no scrolling of somebody's.
    if (this.isStuck && this.height !== log.clientHeight) this.#scrollToEnd();
    this.height = log.clientHeight;
    const below = log.scrollHeight - log.scrollTop - log.clientHeight;
    const isTail = this.to === conversation.last && conversation.isAtEnd;
    // What came by itself may have left a gap, which is about to be filled: one is still at the end.
    const isAtEdge = conversation.isLoaded && this.to === conversation.last && below < 40;
    this.#stick(isAtEdge && (conversation.isAtEnd || this.isStuck));
    const isFar = conversation.isLoaded && Boolean(this.to) && (!isTail || below > log.clientHeight / 2);
    $('newest').hidden = !isFar;
    const { unread } = conversation;
    setText($('newest'), unread ? `Newest messages, ${unread.toLocaleString()} unread` : 'Newest messages');
  }

  // --- what was on the screen

  /** Watches what is unread, and only that. */
  #watch() {
    const { conversation } = this;
    for (const node of this.watched) {
      if (node.isConnected && Number(node.dataset.seq) > conversation.lastRead) continue;
      this.observer.unobserve(node);
      this.watched.delete(node);
    }
    if (!conversation.unread) return;
    for (let node = this.column.lastElementChild; node; node = node.previousElementSibling) {
      if (!node.dataset.seq) continue;
      if (Number(node.dataset.seq) <= conversation.lastRead) break;
      if (!this.watched.has(node)) this.observer.observe(node);
      this.watched.add(node);
    }
  }

  /** The messages are looked at again: what is on the screen now counts. */
  watchAgain() {
    for (const node of this.watched) this.observer.unobserve(node);
    this.watched.clear();
    this.render();
  }

  /** Half of it, or half a screen of it, was on the screen while somebody could look. */
  #sawThese(entries) {
    if (!isLogVisible()) return;
    const seen = entries.filter((entry) => entry.isIntersecting && entry.target.isConnected
      && (entry.intersectionRatio >= 0.5 || entry.intersectionRect.height >= this.log.clientHeight / 2));
    const seq = Math.max(0, ...seen.map((entry) => Number(entry.target.dataset.seq)));
    if (seq) this.seen(this.conversation, seq);
  }
}

/** Sets text only where it differs, so that nothing is announced or laid out twice. */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// ---------------------------------------------------------------------------------------------- 11  Around them

/** Rooms, direct conversations, people; a drawer on narrow screens. */
class Sidebar {
  static PEOPLE = 60;

  constructor({ store, open, write, closed, signal }) {
    Object.assign(this, { store, write, closed });
    this.narrow = matchMedia('(max-width: 759px)');
    const on = (id, event, does) => $(id).addEventListener(event, does, { signal });
    for (const list of ['rooms', 'directs']) on(list, 'click', (event) => this.#followed(event, open));
    on('people', 'click', ({ target }) => target.closest('button') && write(target.closest('button').dataset.name));
    on('menu', 'click', () => this.toggle(!this.isOpen));
    on('shade', 'click', () => this.toggle(false));
    this.narrow.addEventListener('change', () => this.toggle(false), { signal });
    this.toggle(false);
  }

  get isOpen() { return document.body.classList.contains('drawer'); }

  /** As a drawer only; what cannot be seen cannot be reached with Tab either. */
  toggle(open) {
    const [wasOpen, isDrawer] = [this.isOpen, this.narrow.matches];
    document.body.classList.toggle('drawer', open && isDrawer);
    $('menu').setAttribute('aria-expanded', String(open && isDrawer));
    $('sidebar').inert = isDrawer && !open;
    $('main').inert = isDrawer && open;
    if (open) $('sidebar').querySelector('[aria-current], a, button')?.focus();
    else if (wasOpen) $('menu').focus();
    if (wasOpen && !this.isOpen) this.closed();
  }

  #followed(event, open) {
    const link = event.target.closest('a');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(this.store.conversations.get(link.rowKey));
  }

  /** The conversations in the order in which they stand there. */
  order(open) {
    return [...this.store.rooms, ...this.store.directs(open)];
  }

  render(open) {
    const { store } = this;
    $('lists').hidden = false;
    const row = (conversation) => ({ key: conversation.key, conversation });
    const update = (node, { conversation }) => updateLink(node, conversation, open);
    reconcile($('rooms'), store.rooms.map(row), makeLink, update);
    reconcile($('directs'), store.directs(open).map(row), makeLink, update);
    const others = store.people.length - Sidebar.PEOPLE;
    reconcile($('people'), [
      { key: ' me', name: store.me, note: '(you)' },
      ...store.people.slice(0, Sidebar.PEOPLE).map((name) => ({ key: name, name })),
      ...(others > 0 ? [{ key: ' more', note: `and ${others.toLocaleString()} more` }] : []),
    ], makePerson, (node, { note, key }) => key === ' more' && setText(node.firstChild, note));
    setText($('people-count'), (store.people.length + 1).toLocaleString());
    const elsewhere = store.unread - (open?.unread ?? 0);
    $('menu').ariaLabel = elsewhere ? `Menu, ${elsewhere} unread` : 'Menu';
    $('menu').classList.toggle('unread', elsewhere > 0);
  }
}

function makeLink({ conversation }) {
  const name = element('span', { className: 'name' }, conversation.label);
  const link = element('a', { href: Place.hash(conversation) }, name);
  link.rowKey = conversation.key;
  return element('li', {}, link);
}

function updateLink(node, conversation, open) {
  const link = node.firstChild;
  const { unread, label } = conversation;
  link.dataset.unread = unread > 999 ? '999+' : unread || '';
  const name = unread ? `${label}, ${unread} unread` : label;
  if (link.ariaLabel !== name) link.ariaLabel = name;
  link.classList.toggle('unread', unread > 0);
  link.classList.toggle('direct', conversation.kind === 'direct');
  if (conversation === open) link.setAttribute('aria-current', 'page');
  else link.removeAttribute('aria-current');
}

function makePerson({ name, note }) {
  const remark = element('span', { className: 'note' }, note ?? '');
  if (!name) return element('li', {}, remark);
  const face = paintFace(element('span', { className: 'face', ariaHidden: 'true' }), name);
  const label = element('span', { className: 'name' }, name);
  if (note) label.append(' ', remark);
  if (note) return element('li', {}, element('span', { className: 'person' }, face, label));
  const button = { className: 'person', type: 'button', title: `Write to ${name}`, 'data-name': name };
  return element('li', {}, element('button', button, face, label));
}

/** The dialog that finds rooms and people, and creates rooms. */
class Finder {
  static SHOWN = 100;

  constructor({ store, api, open, join, create, done, signal }) {
    Object.assign(this, { store, api, open, join, create, done });
    this.dialog = $('finder');
    $('finder-form').addEventListener('submit', (event) => { event.preventDefault(); this.#submitted(); }, { signal });
    $('finder-text').addEventListener('input', () => { setText($('finder-alert'), ''); this.render(); }, { signal });
    $('found').addEventListener('click', ({ target }) => this.#clicked(target.closest('button')), { signal });
  }

  /** @param {'rooms'|'people'|'both'} what */
  async show(what) {
    this.what = what;
    setText($('finder-title'), { rooms: 'Rooms', people: 'New direct message', both: 'Go to' }[what]);
    const labels = { rooms: 'Find a room, or name a new one', people: 'Name', both: 'Room or person' };
    setText($('finder-label'), labels[what]);
    setText($('finder-alert'), '');
    $('finder-create').hidden = what !== 'rooms';
    $('finder-text').value = '';
    [this.rooms, this.users] = [[], []];
    $('found').replaceChildren();
    this.dialog.showModal();
    $('finder-text').focus();
    try {
      [this.rooms, this.users] = await Promise.all([
        what === 'people' ? [] : this.#all('/rooms'),
        what === 'rooms' ? [] : this.#all('/users'),
      ]);
    } catch (refusal) {
      setText($('finder-alert'), refusal.words ?? '');
    }
    this.render();
  }

  /** The first thousands; who has more finds the rest by their whole names. */
  async #all(path) {
    const all = [];
    for (let page; all.length < 4000 && (!page || page.length === 500);) {
      page = await this.api('GET', `${path}?limit=500&after=${all.at(-1)?.id ?? 0}`);
      all.push(...page);
    }
    return all;
  }

  get #typed() { return $('finder-text').value.trim().replace(/^[#@]/, '').toLowerCase(); }

  render() {
    const typed = this.#typed;
    const closeness = ({ name }) => (name === typed ? 0 : name.startsWith(typed) ? 1 : 2);
    const nearness = ({ online, joined }) => Number(online ?? joined);
    const rank = (a, b) => closeness(a) - closeness(b) || nearness(b) - nearness(a) || (a.name < b.name ? -1 : 1);
    const fitting = (list) => list.filter(({ name }) => name.includes(typed)).sort(rank).slice(0, Finder.SHOWN);
    const others = this.users.filter(({ name }) => name !== this.store.me);
    this.fitting = [
      ...fitting(this.rooms).map((room) => ({ key: `room/${room.name}`, room })),
      ...fitting(others).map((user) => ({ key: `direct/${user.name}`, user })),
    ];
    reconcile($('found'), this.fitting, (row) => this.#make(row));
  }

  #make({ key, room, user }) {
    const [label, note] = room
      ? [`#${room.name}`, `${plural(room.members, 'member')}${room.joined ? ', joined' : ''}`]
      : [user.name, user.online ? 'online' : ''];
    const item = element('li', {}, element('button', { className: 'pick', type: 'button', 'data-open': key },
      element('span', { className: 'name' }, label), ' ', element('span', { className: 'note' }, note)));
    if (room && !room.joined) {
      const join = { className: 'plain small', type: 'button', 'data-join': room.name, ariaLabel: `Join ${label}` };
      item.append(element('button', join, 'Join'));
    }
    return item;
  }

  async #clicked(button) {
    if (button?.dataset.open) await this.#do(() => this.open(...button.dataset.open.split('/')));
    else if (button) await this.#do(() => this.join(button.dataset.join));
  }

  async #submitted() {
    const typed = this.#typed;
    if (!typed) return;
    if (this.what === 'rooms') return this.#do(() => this.#openOrCreate(typed));
    const found = this.fitting[0];
    if (found) return this.#do(() => this.open(...found.key.split('/')));
    return this.#do(() => this.open('direct', typed));
  }

  /** Somebody else may have just made it. */
  async #openOrCreate(name) {
    if (this.rooms.some((room) => room.name === name)) return this.open('room', name);
    try {
      await this.create(name);
    } catch (refusal) {
      if (refusal.status !== 409) throw refusal;
      await this.open('room', name);
    }
  }

  async #do(what) {
    try {
      await what();
      this.dialog.close();
      this.done();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      setText($('finder-alert'), refusal.status === 404 ? 'There is nobody of that name.' : refusal.words);
    }
  }
}

/** Where one writes. */
class Composer {
  constructor({ send, changed, signal }) {
    Object.assign(this, { send, changed });
    this.text = $('text');
    $('composer').addEventListener('submit', (event) => { event.preventDefault(); this.#submit(); }, { signal });
    this.text.addEventListener('input', () => { this.#fit(); this.changed(this.text.value); }, { signal });
    this.text.addEventListener('keydown', (event) => {
      // An input method takes Enter for itself.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    }, { signal });
  }

  show(conversation, draft) {
    this.text.ariaLabel = this.text.placeholder = `Message ${conversation.label}`;
    this.text.value = draft;
    this.#fit();
  }

  /** On a phone the focus would bring the keyboard, unasked. */
  focus() {
    if (matchMedia('(hover: hover)').matches && !$('composer').hidden) this.text.focus();
  }

  #fit() {
    this.text.style.height = 'auto';
    this.text.style.height = `${this.text.scrollHeight}px`;
    const left = MAX_TEXT_BYTES - new TextEncoder().encode(this.text.value).length;
    $('send').disabled = !this.text.value.trim() || left < 0;
    const hint = left < 0 ? `Too long by ${plural(-left, 'byte')}.` : left < 400 ? `${plural(left, 'byte')} left.` : '';
    setText($('text-hint'), hint);
    $('text-hint').classList.toggle('over', left < 0);
  }

  #submit() {
    if ($('send').disabled) return;
    const text = this.text.value;
    this.text.value = '';
    this.#fit();
    this.changed('');
    this.send(text);
  }
}

/** What tells of news outside the log: the title, the icon, the desktop, the screen reader. */
class Notices {
  static KEY = 'linger.notify';

  constructor({ askWhoLooks, signal }) {
    this.askWhoLooks = askWhoLooks;
    /** When another tab last said that somebody looks at it. */
    this.lookedAt = -1;
    this.icon = document.querySelector('link[rel=icon]');
    $('notify').addEventListener('change', () => this.#switch($('notify').checked), { signal });
    this.#showSwitch();
  }

  render(label, unread) {
    document.title = `${unread ? `(${unread.toLocaleString()}) ` : ''}${label ? `${label} · ` : ''}linger`;
    this.#draw(unread > 0);
  }

  /** Dots that wait for an answer; another one when something is unread. */
  #draw(isUnread) {
    if (this.isUnread === isUnread) return;
    this.isUnread = isUnread;
    const bubble = 'M9 3h14a7 7 0 0 1 7 7v8a7 7 0 0 1-7 7h-8l-8 5v-5.3A7 7 0 0 1 2 18v-8a7 7 0 0 1 7-7z';
    const dot = (x, rest = '') => `<circle cx="${x}" cy="14" r="2.2" fill="#fff"${rest}/>`;
    const news = isUnread ? '<circle cx="25" cy="7" r="7" fill="#d9480f"/>' : '';
    const picture = `<path fill="#17695b" d="${bubble}"/>${dot(10)}${dot(16)}${dot(22, ' opacity=".45"')}${news}`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${picture}</svg>`;
    this.icon.href = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  }

  alert(words) {
    setText($('alert'), words);
    clearTimeout(this.alertTimer);
    if (words) this.alertTimer = setTimeout(() => setText($('alert'), ''), 10 * SECOND);
  }

  /** Says what came, without reading a whole conversation aloud. */
  announce(fresh, store, open) {
    const heard = fresh.filter((m) => m.from !== store.me && (store.ofMessage(m) === open || m.room === undefined));
    if (!heard.length) return;
    const [{ from, text }] = heard;
    this.say(heard.length > 1 ? `${heard.length} new messages` : `${from}: ${text.slice(0, 300)}`);
  }

  /** To the screen reader. It says what changes: the same words once more are said only if they were away. */
  say(words) {
    setText($('announcer'), '');
    clearTimeout(this.sayTimer);
    this.sayTimer = setTimeout(() => setText($('announcer'), words), 50);
  }

  /** What a direct message or a call is on the desktop, unless it was read within a second, in whatever tab. */
  async notify(message, conversation, show) {
    if (!this.#isOn) return;
    const asked = performance.now();
    this.askWhoLooks();
    await sleep(SECOND);
    if (conversation.lastRead >= message.seq || isLookedAt() || this.lookedAt >= asked) return;
    const title = message.room === undefined ? message.from : `${message.from} in ${conversation.label}`;
    try {
      const body = message.text.slice(0, 200);
      const notification = new Notification(title, { body, tag: conversation.key, icon: this.icon.href });
      notification.onclick = () => { window.focus(); notification.close(); show(conversation); };
    } catch { /* Android shows them from service workers only */ }
  }

  get #isOn() {
    return ofBrowser.get(Notices.KEY) === true && window.Notification?.permission === 'granted';
  }

  async #switch(isWanted) {
    ofBrowser.set(Notices.KEY, isWanted);
    if (isWanted && window.Notification?.permission === 'default') await Notification.requestPermission();
    this.#showSwitch();
  }

  #showSwitch() {
    const permission = window.Notification?.permission ?? 'missing';
    $('notify').checked = this.#isOn;
    $('notify').disabled = permission === 'missing' || permission === 'denied';
    const hints = { denied: 'Your browser forbids them for this page.', missing: 'Your browser has none.' };
    setText($('notify-hint'), hints[permission] ?? '');
  }
}

/** Asks a question in a dialog; Esc is no. */
function ask(title, text, yes, no) {
  const dialog = $('question');
  setText($('question-title'), title);
  setText($('question-text'), text);
  setText($('question-yes'), yes);
  setText($('question-no'), no);
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener('close', () => answer(dialog.returnValue === 'yes'), { once: true });
  });
}

// ---------------------------------------------------------------------------------------------- 12  A session

/** One session in one tab, from the first question to signing out. */
class Chat {
  /** @param {Session} session @param {(notice: string) => void} ended */
  constructor(session, ended) {
    this.session = session;
    this.me = session.user.name;
    this.ended = ended;
    this.life = new AbortController();
    const { signal } = this.life;
    this.call = createApi(session.token);
    this.api = this.api.bind(this);
    this.state = CONNECTING;
    this.cursor = '';

    this.store = new Store(this.me, () => this.schedule());
    const left = leftovers.take(this.me);
    this.place = new Place(session, left.drafts);
    this.tabs = new Tabs(session.id, {
      lead: (term) => this.#lead(term), hear: (word) => this.#hear(word), state: () => this.state,
    }, signal);
    this.line = new Line({
      api: this.api, cursor: () => this.cursor, page: (page) => this.#pageCame(page),
      state: (state) => this.#setState(state), reset: () => this.#reset(),
    });
    this.outbox = new Outbox(session, left.items, {
      post: (item) => this.#post(item), sent: (message) => this.store.take([message]), changed: () => this.schedule(), signal,
      failed: ({ text, reason }) => this.notices.say(`Not sent: ${text.slice(0, 100)}. ${reason}`),
      isConnected: () => this.state.name === 'connected',
    });
    this.reading = new Reading(this.store, this.tabs, this.api, signal);
    this.log = new LogView({
      me: this.me, api: this.api, outbox: this.outbox, signal,
      seen: (conversation, seq) => this.reading.see(conversation, seq),
      moved: () => this.#keepPlace(), decided: () => this.composer.focus(),
    });
    this.sidebar = new Sidebar({
      store: this.store, signal, open: (conversation) => this.show(conversation),
      write: (name) => this.#try(() => this.open('direct', name)), closed: () => this.log.watchAgain(),
    });
    this.finder = new Finder({
      store: this.store, api: this.api, signal, open: (kind, name) => this.open(kind, name),
      join: (name) => this.#joinByName(name), create: (name) => this.#create(name), done: () => this.composer.focus(),
    });
    this.composer = new Composer({
      send: (text) => this.#write(text), changed: (draft) => this.#keepDraft(draft), signal,
    });
    this.notices = new Notices({ askWhoLooks: () => this.tabs.say({ kind: 'who looks' }), signal });
    this.#listen(signal);
  }

  // --- the beginning and the end

  async start() {
    document.body.dataset.view = 'chat';
    $('chat').hidden = false;
    setText($('my-name'), this.me);
    paintFace($('my-face'), this.me);
    this.#setState(CONNECTING);
    await this.line.patiently((signal) => this.#learn(signal), this.life.signal);
    if (this.life.signal.aborted) return;
    this.tabs.start();
    this.outbox.start();
    this.#refreshForever();
    await this.#openPlace();
  }

  /**
   * Learns where things stand: first a cursor that means "now", then the state of everything. What comes in between
   * is in both, and counts once.
   */
  async #learn(signal) {
    const { cursor } = await this.api('GET', '/direct/subscribe?wait=0', { signal });
    const asked = performance.now();
    const [status] = await Promise.all([this.api('GET', '/status?latest=1', { signal }), this.#learnPeople(signal)]);
    this.cursor = cursor;
    this.store.adopt(status, asked);
    const { version, started_at: since } = status.server;
    setText($('about'), `linger ${version}, up since ${fullTime.format(new Date(since))}.`);
  }

  async #learnPeople(signal) {
    const users = await this.api('GET', '/users?online=true&limit=500', { signal });
    this.store.people = users.map(({ name }) => name).filter((name) => name !== this.me).sort();
    this.schedule();
  }

  async signOut() {
    if (this.session.user.guest && !(await ask('Leave for good?',
      `A guest has no password, so nobody can come back as ${this.me}.`, 'Leave', 'Stay'))) return;
    await this.outbox.settle(3);
    if (this.life.signal.aborted) return;
    const { length } = this.outbox.unsent;
    if (length && !(await ask('Sign out all the same?',
      `${plural(length, 'message was', 'messages were')} not sent, and will be lost.`, 'Sign out', 'Stay'))) return;
    // The poll ends first: nobody needs to be told that its session is over.
    this.tabs.say({ kind: 'ended', notice: 'You have signed out in another tab.' });
    this.end('You have signed out.');
    try {
      await this.call('POST', '/disconnect', { keepalive: true });
    } catch (refusal) {
      const notice = 'You have signed out here, but the server could not be told.';
      if (refusal.status !== 401) setText($('door-notice'), notice);
    }
  }

  /** The session is over, for whatever reason. Nothing of it stays, but what was written if it was cut off. */
  end(notice, isCut = false) {
    if (this.life.signal.aborted) return;
    this.life.abort();
    // Nobody comes back as the same guest; somebody else may get the name.
    if (isCut && !this.session.user.guest) leftovers.keep(this.me, this.outbox.items, this.place.drafts);
    sessions.drop(this.session.id);
    clearTimeout(this.placeTimer);
    ofTab.remove(this.outbox.storageKey);
    ofTab.remove(this.place.storageKey);
    for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close();
    for (const id of ['rooms', 'directs', 'people', 'log', 'found']) $(id).replaceChildren();
    $('text').value = '';
    $('composer').hidden = $('outside').hidden = $('lists').hidden = true;
    for (const id of ['title', 'subtitle', 'alert', 'announcer']) setText($(id), '');
    $('main').inert = false;
    document.body.classList.remove('drawer');
    $('chat').hidden = true;
    history.replaceState(null, '', '/');
    this.notices.render('', 0);
    this.ended(notice);
  }

  // --- what comes and goes

  /** Calls the server as this session; a session that is over ends the chat. */
  async api(method, path, options = {}) {
    const { signal } = this.life;
    try {
      const either = options.signal ? AbortSignal.any([signal, options.signal]) : signal;
      return await this.call(method, path, { ...options, signal: either });
    } catch (refusal) {
      if (signal.aborted) throw new Refusal(0);
      if (refusal.status === 401) {
        const notice = 'Your session has ended. Please sign in again.';
        this.tabs.say({ kind: 'ended', notice, isCut: true });
        this.end(notice, true);
      }
      throw refusal;
    }
  }

  async #lead(signal) {
    this.term = randomId();
    this.pages = 0;
    this.reading.flush();
    await this.line.hold(signal);
  }

  /** The leader's poll was answered. */
  #pageCame(page) {
    this.pages += 1;
    this.tabs.say({ kind: 'page', term: this.term, number: this.pages, page });
    this.cursor = page.cursor;
    const fresh = this.#take(page.messages);
    for (const message of fresh) {
      const conversation = this.store.ofMessage(message);
      const concernsMe = message.room === undefined || isCalled(message.text, this.me);
      if (message.from !== this.me && concernsMe) this.notices.notify(message, conversation, (one) => this.show(one));
    }
    this.reading.flush();
  }

  #take(messages) {
    for (const message of messages) {
      if (message.from === this.me) this.outbox.recognise(this.store.ofMessage(message), message);
    }
    const fresh = this.store.take(messages);
    this.notices.announce(fresh, this.store, this.current);
    // A room that was joined elsewhere.
    if (fresh.some((message) => !this.store.ofMessage(message).isJoined)) this.refresh();
    return fresh;
  }

  /** Another tab says something. */
  #hear(word) {
    if (word.kind === 'page' && !this.tabs.isLeading) this.#hearPage(word);
    else if (word.kind === 'state' && !this.tabs.isLeading) this.#setState(word.state);
    else if (word.kind === 'read') this.reading.hear(word);
    else if (word.kind === 'nudge' && this.tabs.isLeading) this.line.nudge();
    else if (word.kind === 'who looks' && isLookedAt()) this.tabs.say({ kind: 'looked at' });
    else if (word.kind === 'looked at') this.notices.lookedAt = performance.now();
    else if (word.kind === 'refresh') this.refresh();
    else if (word.kind === 'reset' && !this.tabs.isLeading) this.#forget();
    else if (word.kind === 'ended') this.end(word.notice, word.isCut);
  }

  #hearPage({ term, number, page }) {
    const isMissing = this.heard?.term === term && number !== this.heard.number + 1;
    this.heard = { term, number };
    this.#take(page.messages);
    if (isMissing) this.#catchUp();
    else if (!this.isCatchingUp) this.cursor = page.cursor;
  }

  /** This tab slept while the leader spoke: it asks the server itself, from where it was. */
  async #catchUp() {
    if (this.isCatchingUp || this.tabs.isLeading || !this.store.isReady) return;
    this.isCatchingUp = true;
    try {
      for (let page; !page || page.more;) {
        page = await this.api('GET', pollPath(this.cursor, 0));
        this.cursor = page.cursor;
        this.#take(page.messages);
      }
    } catch { /* the next page, or leading, begins from the same cursor */ }
    this.isCatchingUp = false;
  }

  /** The database is another one: what was known is worth nothing. */
  async #reset() {
    this.tabs.say({ kind: 'reset' });
    await this.#forget();
  }

  async #forget() {
    const { kind, name } = this.current ?? { kind: 'room', name: 'general' };
    this.store.forget();
    this.outbox.forget();
    await this.line.patiently((signal) => this.#learn(signal), this.life.signal);
    if (this.life.signal.aborted) return;
    await this.open(kind, name).catch(() => this.open('room', 'general')).catch(() => {});
  }

  #setState(state) {
    const wasTrouble = this.state.name === 'waiting';
    this.state = state;
    if (this.tabs.isLeading) this.tabs.say({ kind: 'state', state });
    setText($('state'), state.words);
    $('state').dataset.state = $('my-state').dataset.state = state.name;
    const short = { connecting: 'Connecting…', connected: 'Connected', waiting: 'Not connected' };
    setText($('my-state'), short[state.name]);
    $('try-now').hidden = state.name !== 'waiting';
    if (wasTrouble && state.name === 'connected') {
      this.refresh();
      this.reading.flush();
      this.outbox.askAgain();
      if (this.current) this.log.fill();
      else if (this.store.isReady) this.#openPlace();
    }
  }

  async #refreshForever() {
    const { signal } = this.life;
    while (!signal.aborted) {
      await sleep(jitter(REFRESH_SECONDS * SECOND), signal);
      if (isVisible() && this.state.name === 'connected') await this.refresh();
    }
  }

  /** What nobody tells a client that waits for messages: what was read elsewhere, who is here. */
  async refresh() {
    this.isStale = true;
    if (this.isRefreshing || !this.store.isReady) return;
    this.isRefreshing = true;
    while (this.isStale) {
      this.isStale = false;
      const asked = performance.now();
      try {
        const [status] = await Promise.all([this.api('GET', '/status'), this.#learnPeople()]);
        this.store.adopt(status, asked);
        await this.#refreshUnjoined();
      } catch { /* the poll says what is the matter */ }
    }
    this.isRefreshing = false;
  }

  /** What is said in a room that is only looked at does not come by itself. */
  async #refreshUnjoined() {
    const conversation = this.current;
    if (!conversation || conversation.isJoined || !conversation.isLoaded) return;
    const page = await this.api('GET', `${conversation.path}/messages?after=${conversation.last}`);
    this.store.take(page.messages);
  }

  // --- which conversation

  /** Opens a conversation by its name; a Refusal if there is none. */
  async open(kind, name, how) {
    const known = this.store.conversations.get(`${kind}/${name}`);
    if (kind === 'room' && !known?.roomId) await this.#findRoom(name);
    if (kind === 'direct' && !known?.newest) await this.api('GET', `/direct/${name}/messages?limit=1`);
    this.show(this.store.conversation(kind, name), how);
  }

  async #findRoom(name) {
    for (let after = 0, page; !page || page.length === 500; after = page.at(-1)?.id) {
      page = await this.api('GET', `/rooms?limit=500&after=${after}`);
      const room = page.find((room) => room.name === name);
      if (room) return void this.#knowRoom(room);
    }
    throw new Refusal(404, { detail: `There is no room ${name}.` });
  }

  #knowRoom(room) {
    const conversation = this.store.conversation('room', room.name);
    [conversation.roomId, conversation.isJoined, conversation.members] = [room.id, room.joined, room.members];
    return conversation;
  }

  /**
   * Shows a conversation at once, with what is known of it; what is not is on its way.
   * @param {Conversation} conversation
   */
  show(conversation, { scroll = null, isNavigation = true } = {}) {
    this.sidebar.toggle(false);
    this.notices.alert('');
    const hash = Place.hash(conversation);
    if (location.hash !== hash) history[isNavigation ? 'pushState' : 'replaceState'](null, '', hash);
    this.current = conversation;
    this.composer.show(conversation, this.place.drafts[conversation.key] ?? '');
    const filled = this.log.open(conversation, scroll);
    this.render();
    this.composer.focus();
    if (conversation.kind === 'room') this.#countMembers(conversation);
    filled.then(() => this.#keepPlace());
  }

  async #countMembers(conversation) {
    try {
      conversation.members = (await this.api('GET', conversation.path)).members;
      this.schedule();
    } catch { /* it is only a number */ }
  }

  /** Where the address says, or where one was, or general. */
  async #openPlace() {
    const { scroll } = this.place;
    const [kind, name] = Place.parse(location.hash) ?? scroll?.conversation.split('/') ?? ['room', 'general'];
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

  #keepPlace() {
    if (this.life.signal.aborted) return;
    this.place.scroll = this.log.place;
    clearTimeout(this.placeTimer);
    this.placeTimer = setTimeout(() => this.place.save(), 300);
  }

  #keepDraft(draft) {
    if (draft) this.place.drafts[this.current.key] = draft;
    else delete this.place.drafts[this.current.key];
    this.#keepPlace();
  }

  // --- what one does

  #write(text) {
    this.notices.alert('');
    this.outbox.put(this.current, text);
    this.log.wrote();
  }

  #post({ conversation, text, key }) {
    const one = this.store.conversation(...conversation.split('/'));
    const path = one.kind === 'room' && !one.roomId ? '/send' : `${one.path}/messages`;
    const body = path === '/send' ? { room: one.name, text } : { text };
    // The page may be closed meanwhile: the browser sends it all the same.
    return this.api('POST', path, { body, key, keepalive: true, seconds: 10 });
  }

  async #create(name) {
    await this.#entered(await this.api('POST', '/rooms', { body: { name } }));
  }

  async #joinByName(name) {
    await this.#findRoom(name);
    await this.#join(this.store.conversation('room', name));
  }

  async #join(conversation) {
    await this.api('POST', `${conversation.path}/join`);
    await this.#entered(await this.api('GET', conversation.path));
  }

  /** Joining begins at the newest message. */
  async #entered(room) {
    const conversation = this.#knowRoom(room);
    conversation.joinedAt = performance.now();
    const asked = performance.now();
    const status = await this.api('GET', `/status?room=${room.name}`);
    this.store.adoptPosition(conversation, status.conversations[0], asked);
    this.tabs.say({ kind: 'refresh' });
    this.show(conversation);
  }

  async #leave(conversation) {
    await this.api('POST', `${conversation.path}/leave`);
    [conversation.isJoined, conversation.joinedAt] = [false, performance.now()];
    this.tabs.say({ kind: 'refresh' });
    this.show(this.store.conversation('room', 'general'));
  }

  /** Does what a button says; a refusal is said plainly. */
  async #try(what) {
    try {
      await what();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      this.notices.alert(refusal.words);
    }
  }

  // --- events

  #listen(signal) {
    const on = (target, event, does) => target.addEventListener(event, does, { signal });
    on($('join'), 'click', () => this.#try(() => this.#join(this.current)));
    on($('leave'), 'click', () => this.#try(() => this.#leave(this.current)));
    on($('sign-out'), 'click', () => this.signOut());
    on($('help-button'), 'click', () => $('help').showModal());
    on($('find-room'), 'click', () => this.finder.show('rooms'));
    on($('find-person'), 'click', () => this.finder.show('people'));
    on($('try-now'), 'click', () => this.#nudge());
    on(document, 'keydown', (event) => this.#pressed(event));
    on(window, 'popstate', () => this.#openPlace());
    on(window, 'online', () => this.#nudge());
    on(window, 'offline', () => this.#nudge());
    on(window, 'pagehide', () => { this.place.save(); this.reading.flushNow(); });
    on(window, 'beforeunload', (event) => this.outbox.unsent.length && event.preventDefault());
    on(window, 'pageshow', ({ persisted }) => persisted && this.#woke());
    on(document, 'resume', () => this.#woke());
    on(document, 'visibilitychange', () => isVisible() && this.#lookedAt());
    on(window, 'storage', ({ key }) => key === sessions.KEY && this.#storageChanged());
  }

  #nudge() {
    if (this.tabs.isLeading || !this.store.isReady) this.line.nudge();
    else this.tabs.say({ kind: 'nudge' });
  }

  #woke() {
    this.#nudge();
    this.#catchUp();
  }

  #lookedAt() {
    if (this.state.name === 'waiting') this.#nudge();
    this.refresh();
  }

  #storageChanged() {
    const kept = ofBrowser.get(sessions.KEY);
    if (kept && kept.id !== this.session.id) sessions.holdOn(this.session);
    else if (!sessions.load()) this.end('You have signed out in another tab.');
  }

  #pressed(event) {
    // What fills in a form may press no key at all.
    if (!event.key || document.querySelector('dialog[open]')) return;
    const isTyping = event.target.matches?.('input, textarea');
    if (event.key === 'Escape') return this.sidebar.isOpen ? this.sidebar.toggle(false) : void this.log.toEnd();
    const direction = { ArrowUp: -1, PageUp: -1, ArrowDown: 1, PageDown: 1 }[event.key];
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') this.finder.show('both');
    else if (event.key === '?' && !isTyping) $('help').showModal();
    else if (event.altKey && event.key.startsWith('Arrow') && direction) this.#step(direction, event.shiftKey);
    else if (event.key.startsWith('Page') && event.target === $('text')) this.#scrollPage(direction);
    else return;
    event.preventDefault();
  }

  #scrollPage(direction) {
    $('log').scrollBy({ top: direction * $('log').clientHeight * 0.85 });
  }

  #step(direction, onlyUnread) {
    const order = this.sidebar.order(this.current);
    const at = order.indexOf(this.current);
    for (let steps = 1; steps <= order.length; steps += 1) {
      const next = order[(at + direction * steps + order.length * steps) % order.length];
      if (!onlyUnread || next.unread) return void this.show(next);
    }
  }

  // --- drawing

  /** Draws soon, once for all that changes in one go; also while the tab is in the background, for the title. */
  schedule() {
    if (this.isScheduled) return;
    this.isScheduled = true;
    queueMicrotask(() => {
      this.isScheduled = false;
      if (!this.life.signal.aborted && this.store.isReady) this.render();
    });
  }

  render() {
    const conversation = this.current;
    this.sidebar.render(conversation);
    this.notices.render(conversation?.label ?? '', this.store.unread);
    if (!conversation) return;
    const isRoom = conversation.kind === 'room';
    setText($('title'), conversation.label);
    setText($('subtitle'), !isRoom ? (this.store.people.includes(conversation.name) ? 'online' : 'not online')
      : plural(conversation.members, 'member'));
    $('outside').hidden = conversation.isJoined;
    $('leave').hidden = !isRoom || !conversation.isJoined || conversation.roomId === 1;
    $('composer').hidden = !conversation.isJoined;
    this.log.render();
    if (!conversation.isAtEnd) this.log.fill();
  }
}

// ---------------------------------------------------------------------------------------------- 13  Coming in

/** The form in front of the chat. */
class Door {
  static BUTTON = { 'sign-in': 'Sign in', new: 'Create account', guest: 'Enter as a guest' };

  constructor(entered) {
    this.entered = entered;
    this.form = $('come-in');
    this.call = createApi(null);
    this.form.addEventListener('submit', (event) => { event.preventDefault(); this.#submit(); });
    this.form.addEventListener('change', ({ target }) => {
      if (target.matches('[type=radio], [type=checkbox]')) this.#explain();
    });
    window.addEventListener('storage', ({ key }) => key === sessions.KEY && this.#keptElsewhere());
  }

  get mode() { return this.form.elements.mode.value; }

  show(notice) {
    document.body.dataset.view = 'door';
    $('door').hidden = false;
    if (notice) setText($('door-notice'), notice);
    this.#explain();
    if (matchMedia('(hover: hover)').matches) $('name').focus();
  }

  /** What the choice means, in the form itself. */
  #explain() {
    const { mode } = this;
    for (const part of this.form.querySelectorAll('[data-for]')) {
      part.hidden = !part.dataset.for.split(' ').includes(mode);
    }
    setText($('enter'), Door.BUTTON[mode]);
    const hints = { new: 'a–z, 0–9, - and _; 32 at most.', guest: 'May be left empty; a name will be made up.' };
    setText($('name-hint'), hints[mode] ?? '');
    setText($('keep-hint'), this.#aboutKeeping(mode));
    $('password').autocomplete = mode === 'new' ? 'new-password' : 'current-password';
    this.#refuse('');
  }

  #aboutKeeping(mode) {
    if ($('keep').checked) {
      return 'Also when the browser was closed, until you sign out. Not on a machine that others use.';
    }
    return mode === 'guest' ? 'Closing this tab ends the visit, and nobody can come back by that name.'
      : 'Closing this tab signs you out of this browser.';
  }

  #refuse(words, field) {
    setText($('refusal'), words);
    for (const id of ['name', 'password', 'repeat']) $(id).ariaInvalid = String(id === field);
    if (field) $(field).focus();
  }

  async #submit() {
    const { mode } = this;
    const username = $('name').value.trim().toLowerCase();
    const password = $('password').value;
    if (!username && mode !== 'guest') return this.#refuse('Please enter a name.', 'name');
    if (!password && mode !== 'guest') return this.#refuse('Please enter a password.', 'password');
    if (mode === 'new' && password !== $('repeat').value) return this.#refuse('The two passwords differ.', 'repeat');
    const body = mode !== 'guest' ? { username, password } : username ? { username } : {};
    this.#refuse('');
    this.#wait(true);
    try {
      await this.#enter(await this.call('POST', '/connect', { body }), mode);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      this.#refuse(...this.#reason(refusal, username));
    } finally {
      this.#wait(false);
    }
  }

  #wait(isWaiting) {
    $('enter').disabled = isWaiting;
    $('enter').ariaBusy = String(isWaiting);
  }

  /** @returns {[string, string?]} the words, and the field they are about */
  #reason(refusal, username) {
    const taken = `The name “${username}” is taken.`;
    if (refusal.status === 409) return [`${taken} Choose another, or sign in if it is yours.`, 'name'];
    if (refusal.status === 401 && this.mode === 'new') {
      return [`${taken} If it is yours, sign in with its password.`, 'name'];
    }
    if (refusal.status === 401) {
      return ['The password is wrong. (A guest’s name has no password, so nobody can sign in to it.)', 'password'];
    }
    if (refusal.status === 400) return [refusal.message, /password/i.test(refusal.message) ? 'password' : 'name'];
    return [refusal.words];
  }

  /**
   * The server makes an account when nobody has the name, and there is no asking before. So who wanted to sign in is
   * told that there was none: it may have been a slip of the fingers.
   */
  async #enter({ token, user, returning }, mode) {
    const session = { id: randomId(), token, user };
    if (mode === 'sign-in' && !returning) {
      const what = `Nobody had the name “${user.name}”, so the server has just made an account of it, with the `
        + 'password you typed. If that was a slip, sign out and try again; the account stays behind, unused.';
      const isWanted = await ask('New account made', what, 'Keep the account', 'Sign out');
      if (!isWanted) {
        createApi(token)('POST', '/disconnect').catch(() => {});
        return this.#refuse(`You are signed out. Check the name: “${user.name}” was new.`, 'name');
      }
    }
    sessions.save(session, $('keep').checked);
    this.#leave(session, mode === 'new' && returning ? 'You had this account already, and are signed in to it.' : '');
  }

  #leave(session, notice) {
    for (const id of ['password', 'repeat']) $(id).value = '';
    setText($('door-notice'), '');
    this.#refuse('');
    $('door').hidden = true;
    this.entered(session, notice);
  }

  /** Somebody signed in in another tab, and wants to stay: so does this tab, unless something is being typed here. */
  #keptElsewhere() {
    const session = ofBrowser.get(sessions.KEY);
    const isUntouched = !$('name').value && !$('password').value;
    if (session && !$('door').hidden && isUntouched && !ofTab.get(sessions.KEY)) this.#leave(session, '');
  }
}

const door = new Door(enter);

function enter(session, notice = '') {
  const chat = new Chat(session, (why) => door.show(why));
  chat.start();
  if (notice) chat.notices.alert(notice);
}

const session = sessions.load();
if (session) enter(session);
else door.show('');
