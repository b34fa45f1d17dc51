// Which messages are shown, as arithmetic and data: the window (`Window`), the rows in it (`rowsOf`), and which days
// hide.

import { SECOND, dayOf } from '../basics.js';

/** The maximum number of messages in the document. */
export const MAX_ROWS = 300;
/** The number of messages by which the window moves: few enough to be drawn between two frames. */
const STEP = 25;
/** Messages of one author within this time form a group. */
const GROUP_MINUTES = 5;
/** The distance from the end, in pixels, at which the user still counts as being there. */
const EDGE = 40;

/**
 * A visit to a conversation: the messages `from` to `to` of it, and how they follow what comes.
 *
 * A visit begins with a `goal`: a bookmark, the first unread message, or the end (null). Once the goal is loaded, the
 * window is framed around it, and moves with the scrolling from then on.
 */
export class Window {
  /** Opens at a bookmark, else at the first unread message, else at the end. */
  constructor(conversation, bookmark = null) {
    this.conversation = conversation;
    conversation.view = this;
    /** The first and the last seq in the window; 0 if it is empty. */
    [this.from, this.to] = [0, 0];
    this.isFramed = false;
    /** Whether the window ended at the last message that is known. */
    this.wasTail = false;
    /** Whether the user is at the end, and the screen follows new messages. */
    this.isStuck = false;
    /** The last seq when `isStuck` became true. The user has passed by what is before it. */
    this.stuckAt = 0;
    /** Whether the user has jumped over unread messages, which stay unread. */
    this.isSkipping = false;
    /** @type {number|undefined} The newest seq that was known when the log was last drawn. */
    this.drawn = undefined;
    /** Whether the user has marked messages as unread, which they stay until the next visit. */
    this.isHeld = false;
    /** The last seq that the user wanted to count as read, wherever the screen was. */
    this.waived = 0;
    conversation.newAfter = bookmark?.newAfter ?? (conversation.unread ? conversation.lastRead : null);
    /** Whether the line "New messages" has been seen, and moves when the user looks away again. */
    this.isLineOld = !conversation.unread;
    const isThere = bookmark && bookmark.seq <= conversation.newest;
    /** @type {{seq: number, top?: number}|null} */
    this.goal = isThere ? bookmark : conversation.unread ? { seq: conversation.lastRead + 1 } : null;
  }

  /** Ends the visit. Keeps no more messages than a window holds. */
  close() {
    const { conversation } = this;
    [conversation.newAfter, conversation.view] = [null, null];
    if (conversation.isAtEnd) conversation.messages = conversation.messages.slice(-MAX_ROWS);
  }

  /** Makes the end the goal. Unread messages before it count as read only if the user wants that. */
  goToEnd(isRead) {
    const { newest, unread } = this.conversation;
    [this.goal, this.isFramed, this.isSkipping] = [null, false, !isRead && unread > 0];
    if (isRead) [this.waived, this.isHeld] = [newest, false];
  }

  /** Leaves unread what the user has marked so, with the line "New messages" before it. */
  hold() {
    [this.isHeld, this.isLineOld, this.conversation.newAfter] = [true, false, this.conversation.lastRead];
  }

  /**
   * Takes the seqs of the first message on the screen and of the last one that was seen. Returns whether all up to the
   * last one count as read. They do not if others lie unread before the first: the user has jumped, by a key, by the
   * scrollbar or by a bookmark.
   */
  see(first, last) {
    const { lastRead } = this.conversation;
    if (this.isHeld || last <= lastRead) return false;
    this.isSkipping = first > Math.max(lastRead, this.waived) + 1;
    return !this.isSkipping;
  }

  get isGoalLoaded() {
    const { conversation, goal } = this;
    if (!goal) return conversation.isAtEnd;
    return conversation.isLoaded && goal.seq >= conversation.first && goal.seq <= conversation.last;
  }

  /** The query for the page of history around the goal. */
  get goalQuery() {
    return this.goal ? { after: Math.max(0, this.goal.seq - 40) } : {};
  }

  /** Puts the window around the goal. Returns the seq to scroll to. */
  frame() {
    const { conversation, goal } = this;
    const target = Math.min(goal?.seq ?? conversation.last, conversation.last);
    this.isFramed = true;
    this.from = Math.max(conversation.first, target - 100);
    this.to = Math.min(conversation.last, this.from + 200);
    if (!goal) [this.from, this.to] = [Math.max(conversation.first, conversation.last - 120), conversation.last];
    this.isStuck = false;
    this.stick(!goal);
    return target;
  }

  /**
   * Returns the side on which messages are missing within reach of the screen, or null.
   * @param {{scrollTop: number, clientHeight: number, scrollHeight: number}} log
   * @returns {'older'|'newer'|null}
   */
  lacks({ scrollTop, clientHeight, scrollHeight }) {
    const { conversation } = this;
    const reach = Math.min(1500, clientHeight * 1.5);
    if (scrollTop < reach && !(this.from === conversation.first && conversation.isAtBeginning)) return 'older';
    if (scrollHeight - scrollTop - clientHeight > reach) return null;
    return this.to === conversation.last && conversation.isAtEnd ? null : 'newer';
  }

  /** Whether the conversation has messages on that side that only need to be shown. */
  has(side) {
    return side === 'older' ? this.from > this.conversation.first : this.to < this.conversation.last;
  }

  /** Moves one edge of the window, and the other one with it if it holds too much. */
  move(side) {
    const { first, last } = this.conversation;
    if (side === 'older') {
      this.from = Math.max(first, this.from - STEP);
      this.to = Math.min(this.to, this.from + MAX_ROWS - 1);
    } else {
      this.to = Math.min(last, this.to + STEP);
      this.from = Math.max(first, this.from, this.to - MAX_ROWS + 1);
    }
  }

  /** Takes new messages into the window, if it was at the end. */
  follow() {
    const { first, last, lastRead, unread } = this.conversation;
    if (this.to && this.wasTail && last > this.to) {
      // Unread messages stay in the window, even if there are more than fit.
      const from = unread ? Math.min(last - MAX_ROWS + 1, Math.max(lastRead, this.stuckAt) - 50) : last - MAX_ROWS + 1;
      if (this.isStuck) this.from = Math.max(this.from, from);
      this.to = Math.min(last, this.from + MAX_ROWS - 1);
    } else if (!this.to && this.isFramed && last) {
      // The first message of an empty conversation.
      [this.from, this.to] = [first, last];
    }
    this.wasTail = this.to === last;
  }

  /** Moves the line "New messages" to what was unread when the user looked away. */
  moveLine(isLookedAt) {
    const { conversation } = this;
    if (!conversation.unread) this.isLineOld = true;
    else if ((!isLookedAt || !this.isStuck) && (conversation.newAfter === null || this.isLineOld)) {
      conversation.newAfter = conversation.lastRead;
      this.isLineOld = false;
    }
  }

  /** Follows new messages, or stops doing so. */
  stick(isStuck) {
    if (isStuck && !this.isStuck) this.stuckAt = this.to;
    this.isStuck = isStuck;
  }

  /** The last message that the user has read, or passed by. */
  get known() {
    return Math.max(this.conversation.lastRead, this.stuckAt);
  }

  /** Stops following, with the line "New messages" after what is known: a burst does not fit the screen. */
  stopAtBurst() {
    [this.conversation.newAfter, this.isLineOld, this.isStuck] = [this.known, false, false];
  }

  /**
   * Follows from now on if the screen is at the end. Returns whether the end is far away.
   * @param {number} below pixels of the log below the screen
   */
  settle(below, clientHeight) {
    const { conversation } = this;
    // New messages may have left a gap, which is about to be filled: a user at the end is still there.
    const isAtEdge = conversation.isLoaded && this.to === conversation.last && below < EDGE;
    const isTail = this.to === conversation.last && conversation.isAtEnd;
    this.stick(isAtEdge && (conversation.isAtEnd || this.isStuck));
    return conversation.isLoaded && Boolean(this.to) && (!isTail || below > clientHeight / 2);
  }
}

// --- days that float

/**
 * Returns which days would cover something: the line "New messages", or the next day. They float at the top of the log.
 * @param {{top: number, bottom: number}[]} days from top to bottom @param {{top: number, bottom: number}} [line]
 * @returns {boolean[]}
 */
export function coveringDays(days, line) {
  const meet = (one, other) => Boolean(other) && one.top < other.bottom && one.bottom > other.top;
  return days.map((day, at) => meet(day, days[at + 1]) || meet(day, line));
}

// --- rows

/**
 * Returns the rows of a window: a head, separators for days and for new messages, messages, and those being sent.
 * @param {Outgoing[]} outgoing the conversation's outgoing messages
 * @param {string} trouble why history could not be loaded, or ''
 */
export function rowsOf(view, { me, outgoing, trouble }) {
  const { conversation, from, to } = view;
  const rows = conversation.isLoaded || trouble ? [head(view, outgoing, trouble)] : [];
  let previous = conversation.at(from - 1);
  for (let seq = from; seq && seq <= to; seq += 1) {
    const message = conversation.at(seq);
    if (!message) break;
    const isNewDay = !previous || dayOf(previous.sent_at) !== dayOf(message.sent_at);
    const isFirstNew = conversation.newAfter === seq - 1;
    if (isNewDay) rows.push({ key: `day ${seq}`, kind: 'day', at: message.sent_at });
    if (isFirstNew) rows.push({ key: 'new', kind: 'new' });
    const isFirst = isNewDay || isFirstNew || !isGrouped(previous, message);
    rows.push({ key: `${seq}`, kind: 'message', message, isFirst, quoted: conversation.find(message.reply_to) });
    previous = message;
  }
  if (view.isFramed && to < conversation.last) return rows;
  for (const item of outgoing) {
    const message = { from: me, sent_at: new Date(item.at).toISOString(), text: item.text, reply_to: item.replyTo };
    const isFirst = !previous || !isGrouped(previous, message);
    rows.push({ key: item.key, kind: 'outgoing', message, outgoing: item, isFirst, quoted: conversation.find(item.replyTo) });
    previous = message;
  }
  return rows;
}

function isGrouped(previous, message) {
  const minutes = (new Date(message.sent_at) - new Date(previous.sent_at)) / (60 * SECOND);
  return previous.from === message.from && minutes < GROUP_MINUTES && !message.reply_to;
}

/** Returns the first row, which says what is above the messages. */
function head(view, outgoing, trouble) {
  const { kind, label, newest } = view.conversation;
  const row = { key: 'head', kind: 'head' };
  if (trouble) return { ...row, words: trouble, canRetry: true };
  if (newest === 0 && !outgoing.length) {
    return { ...row, words: kind === 'room' ? 'No messages yet.' : `No messages with ${label} yet.`, isEmpty: true };
  }
  if (!view.isFramed || view.from > 1) return { ...row, words: 'Loading…', isLoading: true };
  const what = kind === 'room' ? label : `your conversation with ${label}`;
  return { ...row, words: `This is the beginning of ${what}.` };
}
