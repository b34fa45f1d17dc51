// The rows of the sidebar and of the list of members, as data. Knows no document.

/**
 * Returns the conversations that a section shows. A folded one shows what is unread or written to, and the open one.
 */
export const shownOf = (conversations, isFolded, { open, hasDraft }) =>
  (isFolded ? conversations.filter((c) => c.unread || c === open || hasDraft(c)) : conversations);

/** Returns a count as the sidebar has room for it. */
const short = (count) => (count > 999 ? '999+' : count ? String(count) : '');

/**
 * Returns what the row of a conversation shows. `name` is for assistive technology, `stamp` differs if anything else
 * does.
 */
export function rowOf(conversation, { open, isOnline, hasDraft }) {
  const { kind, unread, label, mentions, isPrivate, isArchived } = conversation;
  const isDirect = kind === 'direct';
  const isDraft = conversation !== open && hasDraft(conversation);
  const presence = isDirect && isOnline(conversation.name) ? 'online' : '';
  const words = [isPrivate && 'private', isArchived && 'archived', presence, unread && `${unread} unread`,
    mentions && `${mentions} ${mentions === 1 ? 'mention' : 'mentions'}`, isDraft && 'draft'].filter(Boolean);
  const name = [label, ...words].join(', ');
  const classes = ['conversation', isDirect && 'direct', isPrivate && 'private', isArchived && 'archived', unread && 'unread',
    (mentions || (isDirect && unread)) && 'called', isDraft && 'draft', presence].filter(Boolean).join(' ');
  const isOpen = conversation === open;
  return { key: conversation.key, conversation, label, name, classes, count: short(unread), isOpen, stamp: `${classes} ${isOpen} ${name}` };
}

/**
 * Returns which rows are out of sight: their places in `spans`, which are from top to bottom.
 * @param {{top: number, bottom: number}[]} spans @param {{top: number, bottom: number}} sight
 */
export function outOfSight(spans, { top, bottom }) {
  const above = [];
  const below = [];
  for (const [at, span] of spans.entries()) {
    const middle = (span.top + span.bottom) / 2;
    if (middle < top) above.push(at);
    else if (middle > bottom) below.push(at);
  }
  return { above, below };
}

/**
 * Sorts members by name into those who are online and the others. The user is online.
 * @param {{name: string, role?: string}[]} members
 */
export function byPresence(members, isOnline, me) {
  const sorted = [...members].sort((a, b) => (a.name < b.name ? -1 : 1));
  const isHere = ({ name }) => name === me || isOnline(name);
  return { online: sorted.filter(isHere), offline: sorted.filter((member) => !isHere(member)) };
}

/** Returns what is said of a member beside the name. */
export const remarkOf = ({ name, role }, { me, isGuest }) =>
  [name === me && 'you', role && role !== 'member' && role, isGuest(name) && 'guest'].filter(Boolean).join(', ');
