// The server's state as far as the page knows it: conversations, their messages and counts, and who is online.

/**
 * A message as the server sends it; docs/http.md has the details.
 * @typedef {{id: number, seq: number, room_id?: number, room?: string, from: string, to?: string,
 *   text: string, sent_at: string, reply_to?: number, edited_at?: string, deleted_at?: string, deleted_by?: string,
 *   reactions?: {emoji: string, count: number, users: string[]}[], revision?: number}} Message
 */

/** A conversation with twice as many messages drops those that are far from the window. */
const KEPT = 600;
/** The least that is kept on either side of the window: a page of history. */
const MARGIN = 100;
/** Changed messages that are not loaded. A page of history that was asked for earlier has them as they were. */
const KEPT_CHANGES = 100;

/** Returns the newer one of two copies of a message. */
export const newer = (one, other) => (other && (other.revision ?? 0) > (one.revision ?? 0) ? other : one);

/** A room or a direct conversation. `messages` is a part of it without gaps, by `seq`. */
export class Conversation {
  constructor(kind, name) {
    this.kind = kind;
    this.name = name;
    this.roomId = 0;
    this.isJoined = kind === 'direct';
    /** When the user last joined or left here. Answers to older requests do not change `isJoined`. */
    this.joinedAt = -Infinity;
    /** When the server was last asked whether the user has joined. */
    this.checkedAt = -Infinity;
    this.members = 0;
    /** The name of the room's creator, if it is known. */
    this.owner = null;
    this.newest = 0;
    this.newestId = 0;
    this.lastRead = 0;
    /** The newest seq that a poll has brought, or that was known before it began. */
    this.heard = 0;
    /** How far the server is known to have `lastRead`. */
    this.confirmedRead = 0;
    /** When `lastRead` last moved here. Answers to older requests do not change it. */
    this.readAt = -Infinity;
    /** @type {Message[]} */
    this.messages = [];
    /** @type {Map<number, Message>} Messages by seq that are changed, or quoted, and not loaded. */
    this.others = new Map();
    this.isLoaded = false;
    /** @type {{from: number, to: number}|null} The window that shows the messages. */
    this.view = null;
    /** @type {number|null} The seq after which the line "New messages" is drawn. */
    this.newAfter = null;
  }

  get key() { return `${this.kind}/${this.name}`; }
  get label() { return this.kind === 'room' ? `#${this.name}` : this.name; }
  get path() { return this.kind === 'room' ? `room/${this.roomId}` : `direct/${this.name}`; }
  get unread() { return this.isJoined ? Math.max(0, this.newest - this.lastRead) : 0; }
  get first() { return this.messages[0]?.seq ?? 0; }
  get last() { return this.messages[this.messages.length - 1]?.seq ?? 0; }
  get isAtEnd() { return this.isLoaded && this.last >= this.newest; }
  get isAtBeginning() { return this.isLoaded && this.first <= 1; }

  at(seq) { return this.messages[seq - this.first]; }

  /** Takes a page of history, oldest first. Joins it to the messages, or replaces them if it does not touch them. */
  absorb(page) {
    this.isLoaded = true;
    if (!page.length) return;
    page = page.map((message) => this.#current(message));
    for (const message of page) this.revise(message);
    const newest = page[page.length - 1];
    const [first, last] = [page[0].seq, newest.seq];
    if (!this.messages.length || first > this.last + 1 || last < this.first - 1) this.messages = [...page];
    else {
      this.messages = [...page.filter((m) => m.seq < this.first), ...this.messages];
      this.messages.push(...page.filter((m) => m.seq > this.last));
    }
    this.#trim();
    this.see(newest);
  }

  /** Takes a new message. Keeps it if it continues the messages. */
  append(message) {
    if (this.isLoaded && message.seq === this.last + 1) this.messages.push(this.#current(message));
    this.#trim();
    this.see(message);
  }

  /** Returns a message as the newest change that is known has left it. */
  #current(message) {
    return newer(message, this.others.get(message.seq));
  }

  /** Returns a message that is loaded, or known otherwise. */
  find(seq) {
    return this.at(seq) ?? this.others.get(seq);
  }

  /** Takes a message as it is now. Returns the copy that it replaces, or undefined if it is no news. */
  revise(message) {
    const before = this.find(message.seq);
    if (before && newer(before, message) === before) return undefined;
    if (this.at(message.seq)) {
      this.messages[message.seq - this.first] = message;
      // An older copy may be there, with a text that is now deleted.
      this.others.delete(message.seq);
    } else if (message.revision) this.keep(message);
    return before;
  }

  /** Keeps a message that is not loaded, the newest ones of a limited number. */
  keep(message) {
    this.others.delete(message.seq);
    this.others.set(message.seq, message);
    if (this.others.size > KEPT_CHANGES) this.others.delete(this.others.keys().next().value);
  }

  /** Drops messages, the oldest first, but none around the window. They can be loaded again. */
  #trim() {
    const { messages, view } = this;
    if (messages.length <= 2 * KEPT) return;
    const spare = messages.length - KEPT;
    const [from, to] = view?.to ? [view.from, view.to] : [Infinity, Infinity];
    messages.splice(0, Math.max(0, Math.min(spare, from - this.first - MARGIN)));
    if (messages.length > 2 * KEPT) messages.length -= Math.max(0, Math.min(messages.length - KEPT, this.last - to - MARGIN));
  }

  see(message) {
    this.newest = Math.max(this.newest, message.seq);
    this.newestId = Math.max(this.newestId, message.id);
  }

  /** Takes from an answer whether the user has joined. The server was asked at `asked`. */
  learnJoined(isJoined, asked) {
    if (asked < this.joinedAt) return;
    [this.isJoined, this.checkedAt] = [isJoined, Math.max(asked, this.checkedAt)];
  }

  /** Moves the last-read position forward. Returns whether it moved. */
  moveRead(seq) {
    if (seq <= this.lastRead) return false;
    this.lastRead = seq;
    this.readAt = performance.now();
    return true;
  }
}

/** All conversations and people. Calls `changed()` after each change. */
export class Store {
  constructor(me, changed) {
    this.me = me;
    this.changed = changed;
    /** @type {Map<string, Conversation>} */
    this.conversations = new Map();
    /** @type {string[]} The users who are online, except `me`. */
    this.people = [];
    this.isReady = false;
    /** @type {About|null} What the server says about itself, from 0.2 on. */
    this.about = null;
    /** Whether the server, from 0.2 on, tells changes. Without them messages cannot be changed here. */
    this.canChange = false;
  }

  /** Returns the conversation of that name, and creates it if it is not known. */
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

  /** The joined rooms by name, after the first one, "general". */
  get rooms() {
    const rank = (c) => (c.roomId === 1 ? '' : c.name);
    return [...this.conversations.values()].filter((c) => c.kind === 'room' && c.isJoined)
      .sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  }

  /** Returns the direct conversations that have messages, the latest first, and `open` even if it has none. */
  directs(open) {
    return [...this.conversations.values()].filter((c) => c.kind === 'direct' && (c.newest > 0 || c === open))
      .sort((a, b) => b.newestId - a.newestId || (a.name < b.name ? -1 : 1));
  }

  get unread() {
    let sum = 0;
    for (const conversation of this.conversations.values()) sum += conversation.unread;
    return sum;
  }

  /** Takes the answer of `GET /status` to a request that was made at `asked`. */
  adopt(status, asked) {
    const joined = new Set();
    for (const known of status.conversations) {
      const isRoom = known.room !== undefined;
      const conversation = isRoom ? this.conversation('room', known.room) : this.conversation('direct', known.with);
      if (isRoom) conversation.roomId = known.room_id;
      if (!this.isReady || !conversation.isJoined) conversation.heard = known.newest;
      joined.add(conversation.key);
      this.adoptPosition(conversation, known, asked);
      for (const message of known.messages ?? []) conversation.see(message);
    }
    for (const conversation of this.conversations.values()) {
      if (conversation.kind === 'room') conversation.learnJoined(joined.has(conversation.key), asked);
    }
    this.isReady = true;
    this.changed();
  }

  /** Takes a position that another device may have moved, unless the answer is older than the last move here. */
  adoptPosition(conversation, known, asked) {
    conversation.newest = Math.max(conversation.newest, known.newest);
    if (asked < conversation.readAt) return;
    const isUnsent = conversation.lastRead > conversation.confirmedRead;
    conversation.confirmedRead = known.last_read;
    conversation.lastRead = isUnsent ? Math.max(conversation.lastRead, known.last_read) : known.last_read;
  }

  /**
   * Takes new messages, most often of a poll, and returns those that were not known. As on the server, the user's own
   * message counts as read if nothing before it was unread.
   */
  take(messages, isPolled = true) {
    const fresh = messages.filter((message) => {
      const conversation = this.ofMessage(message);
      const { seq } = message;
      const wasHeard = seq <= conversation.heard;
      if (isPolled && !wasHeard) conversation.heard = seq;
      if (seq <= (conversation.isLoaded ? conversation.last : conversation.newest)) {
        if (message.revision) conversation.revise(message);
        return false;
      }
      conversation.append(message);
      // One that was dropped, or is of a part that is not loaded.
      if (wasHeard) return false;
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

  /**
   * Takes messages as they are now, and returns those whose former state was known, in pairs with it.
   * @returns {[Message, Message][]}
   */
  change(messages) {
    const pairs = [];
    for (const message of messages) {
      const before = this.ofMessage(message).revise(message);
      if (before) pairs.push([before, message]);
    }
    if (messages.length) this.changed();
    return pairs;
  }

  /** Returns the joined conversations of which a poll has not brought all messages, with the newest seq. */
  get owed() {
    return [...this.conversations.values()].filter((c) => c.isJoined && c.newest > c.heard).map((c) => [c, c.newest]);
  }

  /** Adds a user to those who are online. The author of a new message is. */
  meet(name) {
    if (!this.people.includes(name)) this.people = [...this.people, name].sort();
  }

  /** Forgets everything: the server has another database. */
  forget() {
    this.conversations.clear();
    this.isReady = false;
  }
}
