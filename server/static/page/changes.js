// The rights to change a message, changes in words, and what was read or joined on other devices.

import { unmarked } from './formatting/blocks.js';
import { describe } from './rooms.js';

/** An answer to a poll may cross with what the user does here for this long. */
const CROSSING_MS = 2000;

/** The emoji that the picker offers at once. */
export const USUAL = ['👍', '❤️', '😂', '🎉', '😮', '😢'];

/** Returns a text on one line, without marks and shortened. */
export function excerpt(text, length = 100) {
  const line = unmarked(text).replace(/\s+/g, ' ').trim();
  if (line.length <= length) return line;
  // Not between the halves of a character.
  return `${line.slice(0, length).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** Returns what is shown instead of the text of a deleted message. */
export function epitaph({ from, deleted_by: by }) {
  return by && by !== from ? `Deleted by ${by}` : 'Message deleted';
}

/** Returns what a message says, or that it is deleted, on one line. */
export const gist = (message, length) => (message.deleted_at ? epitaph(message) : excerpt(message.text, length));

/**
 * Returns what the user may do with a message. Where the user cannot post, own messages can still be deleted.
 * @param {{me: string, isManager: boolean, isClosed: boolean}} of `isManager`: the user may delete messages of others
 */
export function rights(message, { me, isManager, isClosed }) {
  const isThere = Boolean(message.seq) && !message.deleted_at;
  const isOwn = message.from === me;
  const isOpen = isThere && !isClosed;
  const canDelete = isThere && (isOwn || isManager);
  return { canReact: isOpen, canReply: isOpen, canEdit: isOpen && isOwn, canDelete, canLink: isThere, canLeaveUnread: isThere };
}

// --- reactions

/**
 * Returns whether the user has reacted with this emoji. Only ten names come with a message: if there are more, and the
 * user's is not among them, returns undefined.
 */
export function hasReacted(message, emoji, me) {
  const reaction = message.reactions?.find((each) => each.emoji === emoji);
  if (!reaction) return false;
  return reaction.users.includes(me) || (reaction.count > reaction.users.length ? undefined : false);
}

/** Returns the name of a reaction for assistive technology and as a hint, such as "👍 2: you, bob". */
export function nameReaction({ emoji, count, users }, me) {
  const others = count - users.length;
  const names = users.map((name) => (name === me ? 'you' : name));
  return `${emoji} ${count}: ${[...names, ...(others > 0 ? [`${others} more`] : [])].join(', ')}`;
}

/** Returns the reactions, as [user, emoji], that `after` has and `before` has not. */
function newReactions(before, after) {
  const had = new Map((before.reactions ?? []).map((reaction) => [reaction.emoji, reaction]));
  // Only the first users are named: when one of them takes a reaction back, an earlier one gets a name.
  const more = (after.reactions ?? []).filter(({ emoji, count }) => count > (had.get(emoji)?.count ?? 0));
  const has = more.flatMap(({ emoji, users }) => users.map((user) => [user, emoji]));
  return has.filter(([user, emoji]) => !had.get(emoji)?.users.includes(user));
}

// --- announcing

/** Returns what other users have done to a message, in words for a screen reader, or ''. */
export function describeChange(before, after, me) {
  if (after.deleted_at) {
    const by = after.deleted_by ?? after.from;
    return before.deleted_at || by === me ? '' : `${by} deleted a message${by === after.from ? '' : ` of ${after.from}`}`;
  }
  if (after.text !== before.text) return after.from === me ? '' : `${after.from} edited: ${excerpt(after.text, 300)}`;
  const [first] = newReactions(before, after).filter(([user]) => user !== me);
  if (!first) return '';
  const whose = after.from === me ? 'your message' : `a message of ${after.from}`;
  return `${first[0]} reacted ${first[1]} to ${whose}: ${excerpt(after.text, 60)}`;
}

/** Returns several changes in words, or ''. @param {[Message, Message][]} pairs as they were, and as they are */
export function describeChanges(pairs, me) {
  const words = pairs.map(([before, after]) => describeChange(before, after, me)).filter(Boolean);
  return words.length > 1 ? `${words.length} messages changed` : words[0] ?? '';
}

// --- conversations

/** Returns the name under which a room is known, if it is. */
function nameOf(store, roomId) {
  if (roomId === undefined) return undefined;
  return [...store.conversations.values()].find((conversation) => conversation.roomId === roomId)?.name;
}

/**
 * Takes conversations as a poll tells them: joined or left, or read on another device. Returns whether one of them may
 * be older than what the user has just done here. If so, ask the server again.
 */
export function learnStates(store, states) {
  const now = performance.now();
  let isDoubtful = false;
  for (const state of states) {
    const { room_id: roomId, joined } = state;
    const known = nameOf(store, roomId);
    const room = state.room ?? known;
    if (room === undefined && state.with === undefined) continue;
    const conversation = store.conversation(room === undefined ? 'direct' : 'room', room ?? state.with);
    // A room that the user may not see any more has no name.
    if (state.with === undefined && state.room === undefined) {
      store.lose(conversation);
      continue;
    }
    if (room !== undefined) describe(conversation, state);
    if (state.erased?.length) conversation.drop();
    if (now - Math.max(conversation.readAt, conversation.joinedAt) < CROSSING_MS) {
      isDoubtful = true;
      continue;
    }
    if (room !== undefined) {
      if (joined && !conversation.isJoined) conversation.heard = state.newest;
      conversation.roomId = roomId;
      conversation.learnJoined(joined, now);
    }
    if (joined) store.adoptPosition(conversation, state, now);
  }
  if (states.length) store.changed();
  return isDoubtful;
}
