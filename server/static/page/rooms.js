// A room as its state says: its title, who may post, who may change it, and why nothing can be posted. No document.

/** The roles that an owner gives, and their words. */
export const ROLES = [['owner', 'owner'], ['member', 'member'], ['reader', 'reader'], ['banned', 'banned']];
export const POSTING = [['everyone', 'everyone'], ['members', 'members'], ['owners', 'owners']];

/** Takes from a state of a room what it says. A server before 0.2 says nothing of it. */
export function describe(conversation, state) {
  if (typeof state.private !== 'boolean') return;
  const { title = '', topic = '', private: isPrivate, archived = false, posting = 'everyone', role = null } = state;
  Object.assign(conversation, { title: title ?? '', topic, isPrivate, isArchived: archived, posting, role, isDescribed: true });
}

/** Returns why the user cannot post in a conversation, or ''. */
export function whyClosed({ kind, isJoined, isArchived, posting, role }, isAdmin = false) {
  if (kind !== 'room') return '';
  if (isArchived) return 'This room is archived: nothing new can be written here.';
  if (role === 'banned' && !isAdmin) return 'You are banned from this room.';
  if (!isJoined || isAdmin) return '';
  if (role === 'reader') return 'You are a reader here: you can read, but not write.';
  return posting === 'owners' && role !== 'owner' ? 'Only the owners of this room write here.' : '';
}

/** Returns whether the user may change a room and its members. */
export const mayManage = ({ role }, isAdmin) => role === 'owner' || isAdmin;

/** Returns what is said below the title. */
export function subtitleOf({ name, title, topic, isPrivate, isArchived }) {
  const parts = [title ? `#${name}` : '', isArchived ? 'archived' : '', isPrivate ? 'private' : '', topic];
  return parts.filter(Boolean).join(' · ');
}

/** Returns the names in a list that a user has typed, with commas or spaces between them. */
export const namesIn = (text) => [...new Set(text.toLowerCase().split(/[\s,;]+/).map((name) => name.replace(/^@/, '')).filter(Boolean))];
