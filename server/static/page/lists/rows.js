// The rows of the sidebar and of the list of members, as nodes.

import { element, paintFace, setLabel, setText } from '../dom.js';
import { Bookmark } from '../session.js';

const faceOf = (name) => paintFace(element('span', { className: 'face', 'aria-hidden': 'true' }), name);

/** Makes the row of a conversation. A direct one has a face, with a dot while the other user is online. */
export function makeLink({ conversation }) {
  const { kind, name: of } = conversation;
  const face = kind === 'direct' ? [element('span', { className: 'presence' }, faceOf(of))] : [];
  const link = element('a', { href: Bookmark.hash(conversation) }, ...face, element('span', { className: 'name' }));
  link.rowKey = conversation.key;
  return element('li', {}, link);
}

/** Draws a row again if anything in it differs. */
export function updateLink(node, { label, name, classes, count, isOpen, stamp }) {
  if (node.stamp === stamp) return;
  node.stamp = stamp;
  const link = node.firstChild;
  link.className = classes;
  setText(link.querySelector('.name'), label);
  link.dataset.unread = count;
  setLabel(link, name);
  if (isOpen) link.setAttribute('aria-current', 'page');
  else link.removeAttribute('aria-current');
}

/**
 * Makes the row of a user, with a button unless `isFixed`.
 * @param {{name: string, remark: string, title?: string, isOnline?: boolean, isFixed?: boolean}} row
 */
export function makePerson({ name, remark, title, isOnline, isFixed }) {
  const face = element('span', { className: `presence${isOnline ? ' online' : ''}` }, faceOf(name));
  const label = element('span', { className: 'name' }, name);
  if (remark) label.append(' ', element('span', { className: 'note' }, remark));
  if (isFixed) return element('li', {}, element('span', { className: 'person' }, face, label));
  return element('li', {}, element('button', { className: 'person', type: 'button', title, 'data-name': name }, face, label));
}
