// Lists of conversations and people: the sidebar. later/finder.js has the dialog that finds more of them.

import { $, element, paintFace, reconcile, setLabel, setText } from './dom.js';
import { Bookmark } from './session.js';

/** Rooms, direct conversations and people. On narrow screens it is a drawer. */
export class Sidebar {
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

  /** Opens or closes the drawer, if it is one. What is covered cannot be reached with Tab either. */
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

  /** Returns the conversations in the order of the lists. */
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
    setLabel($('menu'), elsewhere ? `Menu, ${elsewhere} unread` : 'Menu');
    $('menu').classList.toggle('unread', elsewhere > 0);
  }
}

function makeLink({ conversation }) {
  const name = element('span', { className: 'name' }, conversation.label);
  const link = element('a', { href: Bookmark.hash(conversation) }, name);
  link.rowKey = conversation.key;
  return element('li', {}, link);
}

function updateLink(node, conversation, open) {
  const link = node.firstChild;
  const { unread, label } = conversation;
  link.dataset.unread = unread > 999 ? '999+' : unread || '';
  const marks = [conversation.isPrivate && 'private', conversation.isArchived && 'archived'].filter(Boolean);
  const name = [label, ...marks, ...(unread ? [`${unread} unread`] : [])].join(', ');
  setText(link.firstChild, label);
  link.classList.toggle('private', conversation.isPrivate);
  link.classList.toggle('archived', conversation.isArchived);
  setLabel(link, name);
  link.classList.toggle('unread', unread > 0);
  link.classList.toggle('direct', conversation.kind === 'direct');
  if (conversation === open) link.setAttribute('aria-current', 'page');
  else link.removeAttribute('aria-current');
}

function makePerson({ name, note }) {
  const remark = element('span', { className: 'note' }, note ?? '');
  if (!name) return element('li', {}, remark);
  const face = paintFace(element('span', { className: 'face', 'aria-hidden': 'true' }), name);
  const label = element('span', { className: 'name' }, name);
  if (note) label.append(' ', remark);
  if (note) return element('li', {}, element('span', { className: 'person' }, face, label));
  const button = { className: 'person', type: 'button', title: `Message ${name}`, 'data-name': name };
  return element('li', {}, element('button', button, face, label));
}
