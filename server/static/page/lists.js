// Lists of conversations and people: the sidebar, and the dialog that finds more of them.

import { Refusal } from './api.js';
import { plural } from './basics.js';
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
  const name = unread ? `${label}, ${unread} unread` : label;
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

/** The dialog that finds rooms and people, and creates rooms. */
export class Finder {
  static SHOWN = 100;
  /** Loading stops at this many rooms or users. The others are found by their full names. */
  static LOADED = 4000;

  constructor({ store, api, open, join, create, done, signal }) {
    Object.assign(this, { store, api, open, join, create, done });
    this.dialog = $('finder');
    $('finder-form').addEventListener('submit', (event) => { event.preventDefault(); this.#submitted(); }, { signal });
    $('finder-text').addEventListener('input', () => { setText($('finder-alert'), ''); this.render(); }, { signal });
    $('found').addEventListener('click', ({ target }) => this.#clicked(target.closest('button')), { signal });
  }

  /** @param {'rooms'|'people'|'both'} kind */
  async show(kind) {
    this.kind = kind;
    setText($('finder-title'), { rooms: 'Rooms', people: 'New direct message', both: 'Go to' }[kind]);
    const labels = { rooms: 'Find a room, or create one', people: 'Name', both: 'Room or user' };
    setText($('finder-label'), labels[kind]);
    setText($('finder-alert'), '');
    $('finder-create').hidden = kind !== 'rooms';
    $('finder-text').value = '';
    [this.rooms, this.users] = [[], []];
    $('found').replaceChildren();
    this.dialog.showModal();
    $('finder-text').focus();
    try {
      [this.rooms, this.users] = await Promise.all([
        kind === 'people' ? [] : this.#all('rooms'),
        kind === 'rooms' ? [] : this.#all('users'),
      ]);
    } catch (refusal) {
      setText($('finder-alert'), refusal.words ?? '');
    }
    this.render();
  }

  async #all(path) {
    const all = [];
    for (let page; all.length < Finder.LOADED && (!page || page.length === 500);) {
      page = await this.api('GET', `${path}?limit=500&after=${all[all.length - 1]?.id ?? 0}`, { as: path });
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
    reconcile($('found'), this.fitting, makeFound);
  }

  async #clicked(button) {
    if (button?.dataset.open) await this.#attempt(() => this.open(...button.dataset.open.split('/')));
    else if (button) await this.#attempt(() => this.join(button.dataset.join));
  }

  async #submitted() {
    const typed = this.#typed;
    if (!typed) return;
    if (this.kind === 'rooms') return this.#attempt(() => this.#openOrCreate(typed));
    const found = this.fitting[0];
    if (found) return this.#attempt(() => this.open(...found.key.split('/')));
    return this.#attempt(() => this.open('direct', typed));
  }

  /** Opens the room if another user has just created it. */
  async #openOrCreate(name) {
    if (this.rooms.some((room) => room.name === name)) return this.open('room', name);
    try {
      await this.create(name);
    } catch (refusal) {
      if (refusal.status !== 409) throw refusal;
      await this.open('room', name);
    }
  }

  async #attempt(action) {
    try {
      await action();
      this.dialog.close();
      this.done();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      setText($('finder-alert'), refusal.status === 404 ? 'There is no user with that name.' : refusal.words);
    }
  }
}

function makeFound({ key, room, user }) {
  const [label, note] = room
    ? [`#${room.name}`, `${plural(room.members, 'member')}${room.joined ? ', joined' : ''}`]
    : [user.name, user.online ? 'online' : ''];
  const item = element('li', {}, element('button', { className: 'pick', type: 'button', 'data-open': key },
    element('span', { className: 'name' }, label), ' ', element('span', { className: 'note' }, note)));
  if (room && !room.joined) {
    const join = { className: 'plain small', type: 'button', 'data-join': room.name, 'aria-label': `Join ${label}` };
    item.append(element('button', join, 'Join'));
  }
  return item;
}
