// The server's state as far as the page knows it: conversations, their messages and counts, and who is online.

import { Conversation } from './conversation.js';
import { describe } from './rooms.js';

/**
 * A message as the server sends it; docs/http.md has the details.
 * @typedef {{id: number, seq: number, room_id?: number, room?: string, from: string, to?: string,
 *   text: string, sent_at: string, reply_to?: number, edited_at?: string, deleted_at?: string, deleted_by?: string,
 *   reactions?: {emoji: string, count: number, users: string[]}[], revision?: number}} Message
 */

/** All conversations and people. Calls `changed()` after each change. */
export class Store {
  constructor(me, changed) {
    this.me = me;
    this.changed = changed;
    /** @type {Map<string, Conversation>} */
    this.conversations = new Map();
    /** @type {string[]} The users who are online, except `me`. */
    this.people = [];
    /** @type {Set<string>} Those of them who have no password. */
    this.guests = new Set();
    this.isReady = false;
    /** @type {About|null} What the server says about itself, from 0.2 on. */
    this.about = null;
    /** @type {{role: string, guest: boolean}|null} The user's own account, from 0.2 on. */
    this.account = null;
    /** Whether the server, from 0.2 on, tells changes. Without them messages cannot be changed here. */
    this.canChange = false;
  }

  /** Returns the conversation of that name, and creates it if it is not known. */
  conversation(kind, name) {
    const key = `${kind}/${name}`;
    if (!this.conversations.has(key)) this.conversations.set(key, new Conversation(kind, name, this.me));
    return this.conversations.get(key);
  }

  /** Returns whether another user is online. */
  isOnline(name) {
    if (this.online?.of !== this.people) this.online = { of: this.people, names: new Set(this.people) };
    return this.online.names.has(name);
  }

  get isAdmin() { return this.account?.role === 'admin'; }

  /** Whether rooms have roles, titles and members that can be changed, as from 0.2 on. */
  get hasRoles() {
    return [...this.conversations.values()].some((conversation) => conversation.isDescribed);
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

  /** The fallback when the open room is gone: "general", or the first room of a guest who cannot see that. */
  get home() { return this.rooms[0] ?? this.conversation('room', 'general'); }

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

  /** How many unread messages are for the user alone: direct ones, and those that mention the user. */
  get called() {
    let sum = 0;
    for (const { kind, unread, mentions } of this.conversations.values()) sum += kind === 'direct' ? unread : mentions;
    return sum;
  }

  /** The messages that mention the user in joined rooms, as far as the page has seen them, the latest first. */
  get calls() {
    return this.rooms.flatMap((room) => [...room.calls.values()]).sort((a, b) => b.id - a.id);
  }

  /** Takes the answer of `GET /status` to a request that was made at `asked`. */
  adopt(status, asked) {
    const joined = new Set();
    for (const known of status.conversations) {
      const isRoom = known.room !== undefined;
      const conversation = isRoom ? this.conversation('room', known.room) : this.conversation('direct', known.with);
      if (isRoom) conversation.roomId = known.room_id;
      if (isRoom) describe(conversation, known);
      if (!this.isReady || !conversation.isJoined) conversation.heard = known.newest;
      joined.add(conversation.key);
      this.adoptPosition(conversation, known, asked);
    }
    for (const conversation of this.conversations.values()) {
      if (conversation.kind !== 'room') continue;
      const wasIn = conversation.isJoined;
      conversation.learnJoined(joined.has(conversation.key), asked);
      if (conversation.isPrivate && wasIn && !conversation.isJoined) this.lose(conversation);
    }
    for (const message of status.conversations.flatMap(({ messages }) => messages ?? [])) {
      const conversation = this.ofMessage(message);
      conversation.see(message);
      conversation.note(message);
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
      const isKnown = seq <= (conversation.isLoaded ? conversation.last : conversation.newest);
      if (isKnown && message.revision) conversation.revise(message);
      if (!isKnown || !conversation.isLoaded) conversation.append(message);
      // A message is news when a poll first brings it, even if it was counted or loaded before.
      if (wasHeard || (isKnown && !isPolled)) return false;
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
    return [...this.conversations.values()].filter((c) => c.isJoined && c.newest > Math.max(c.heard, c.askedFor)).map((c) => [c, c.newest]);
  }

  /** Adds a user to those who are online. The author of a new message is. */
  meet(name) {
    if (!this.isOnline(name)) this.people = [...this.people, name].sort();
  }

  /** Forgets a room that the user may not see any more, and every text of it. */
  lose(conversation) {
    this.conversations.delete(conversation.key);
    conversation.isJoined = false;
    conversation.drop();
    conversation.unsaved.clear();
    this.lost(conversation);
  }

  /** Called with a room that is lost. */
  lost() {}

  /** Forgets everything: the server has another database. */
  forget() {
    this.conversations.clear();
    this.isReady = false;
  }
}
