// A room or a direct conversation: its messages, counts and state, as far as the page knows them.

import { mentions } from './formatting/blocks.js';

/** A conversation with twice as many messages drops those that are far from the window. */
const KEPT = 600;
/** The least that is kept on either side of the window: a page of history. */
const MARGIN = 100;
/** Changed messages that are not loaded. A page of history that was asked for earlier has them as they were. */
const KEPT_CHANGES = 100;
/** Messages that mention the user, the newest ones. */
const KEPT_MENTIONS = 200;

/** Returns the newer one of two copies of a message. */
export const newer = (one, other) => (other && (other.revision ?? 0) > (one.revision ?? 0) ? other : one);

/** A room or a direct conversation. `messages` is a part of it without gaps, by `seq`. */
export class Conversation {
  /** @param {string} [me] whose mentions in a room are noted */
  constructor(kind, name, me) {
    Object.assign(this, { kind, name, me });
    this.roomId = 0;
    this.isJoined = kind === 'direct';
    this.wasJoined = this.isJoined;
    /** When the user last joined or left here. Answers to older requests do not change `isJoined`. */
    this.joinedAt = -Infinity;
    /** When the server was last asked whether the user has joined. */
    this.checkedAt = -Infinity;
    this.members = 0;
    // What rooms.js takes from a room's state.
    Object.assign(this, { title: '', topic: '', isPrivate: false, isArchived: false, posting: 'everyone', role: null });
    this.newest = 0;
    this.newestId = 0;
    this.lastRead = 0;
    /** The newest seq that a poll has brought, or that was known before it began. */
    this.heard = 0;
    /** The newest seq for which the server was asked anew, because no poll had brought it. */
    this.askedFor = 0;
    /** How far the server is known to have `lastRead`. */
    this.confirmedRead = 0;
    /** When `lastRead` last moved here. Answers to older requests do not change it. */
    this.readAt = -Infinity;
    /** @type {Message[]} */
    this.messages = [];
    /** @type {Map<number, Message>} Messages by seq that are changed, or quoted, and not loaded. */
    this.others = new Map();
    /**
     * @type {Map<number, Message>} Messages of others by seq that mention the user, as far as the page has seen them.
     */
    this.calls = new Map();
    /** The oldest seq to which it was looked through for mentions. */
    this.lookedTo = Infinity;
    /** @type {Map<number, Edited>} What was typed to replace messages, by their seqs, while their boxes are closed. */
    this.unsaved = new Map();
    this.isLoaded = false;
    /** Where the page goes on reading a room that the user has not joined; '' until it has begun. */
    this.cursor = '';
    /** @type {{from: number, to: number}|null} The window that shows the messages. */
    this.view = null;
    /** @type {number|null} The seq after which the line "New messages" is drawn. */
    this.newAfter = null;
  }

  get key() { return `${this.kind}/${this.name}`; }
  get label() { return this.title || (this.kind === 'room' ? `#${this.name}` : this.name); }
  get path() { return this.kind === 'room' ? `room/${this.roomId}` : `direct/${this.name}`; }
  get unread() { return this.isJoined ? Math.max(0, this.newest - this.lastRead) : 0; }
  /** How many unread messages mention the user, of those that the page has seen. */
  get mentions() {
    if (!this.calls.size || !this.unread) return 0;
    return [...this.calls.keys()].filter((seq) => seq > this.lastRead).length;
  }

  /** Whether something was typed to replace a message, and put aside. */
  get hasUnsaved() { return [...this.unsaved.values()].some(({ isSaved }) => !isSaved); }

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
    for (const message of page) {
      this.revise(message);
      this.note(message);
    }
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
    this.note(this.#current(message));
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

  /** Notes whether a message mentions the user, as it is now. */
  note(message) {
    const { from, seq, text, deleted_at: isGone } = message;
    const known = this.calls.get(seq);
    if (this.kind !== 'room' || from === this.me || (known && newer(message, known) === known)) return;
    this.calls.delete(seq);
    if (isGone || !mentions(text, this.me)) return;
    this.calls.set(seq, message);
    if (this.calls.size > KEPT_MENTIONS) this.calls.delete(Math.min(...this.calls.keys()));
  }

  /** Takes a message as it is now. Returns the copy that it replaces, or undefined if it is no news. */
  revise(message) {
    const before = this.find(message.seq);
    if (message.revision) this.note(message);
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
    this.setJoined(isJoined);
    this.checkedAt = Math.max(asked, this.checkedAt);
  }

  /** Records that the user has joined or left. Joining drops the messages: the page was sent none of their changes. */
  setJoined(isJoined) {
    if (isJoined && !this.isJoined && (this.isLoaded || this.wasJoined)) this.drop();
    this.wasJoined ||= isJoined;
    this.isJoined = isJoined;
  }

  /** Forgets all messages. They can be loaded again, as far as they are still there. */
  drop() {
    [this.messages, this.isLoaded, this.lookedTo, this.cursor] = [[], false, Infinity, ''];
    this.others.clear();
    this.calls.clear();
  }

  /** Moves the last-read position back. The server is told by the caller. */
  moveBack(seq) {
    this.lastRead = this.confirmedRead = seq;
    this.readAt = performance.now();
    this.view?.hold();
  }

  /** Moves the last-read position forward. Returns whether it moved. */
  moveRead(seq) {
    if (seq <= this.lastRead) return false;
    this.lastRead = seq;
    this.readAt = performance.now();
    return true;
  }
}
