// The dialog that finds rooms and people, and creates rooms.

import { Refusal } from '../api.js';
import { plural } from '../basics.js';
import { $, element, paintFace, reconcile, setText } from '../dom.js';

export class Finder {
  static SHOWN = 100;
  /** Loading stops at this many rooms or users. The others are found by their full names. */
  static LOADED = 4000;

  constructor({ store, api, open, join, create, done, signal }) {
    Object.assign(this, { store, api, open, join, create, done });
    this.dialog = $('finder');
    $('finder-form').addEventListener('submit', (event) => { event.preventDefault(); this.#submitted(); }, { signal });
    $('finder-create').addEventListener('click', () => this.#create(), { signal });
    $('finder-text').addEventListener('input', () => { setText($('finder-alert'), ''); this.render(); }, { signal });
    $('found').addEventListener('click', ({ target }) => this.#clicked(target.closest('button')), { signal });
  }

  /** @param {'rooms'|'people'} kind */
  async show(kind) {
    /** The entries of the dialog. `isKnown`: the server has sent them. */
    const list = this.list = { kind, rooms: [], users: [], isKnown: false, isCreating: false };
    setText($('finder-title'), { rooms: 'Rooms', people: 'New direct message' }[kind]);
    const labels = { rooms: 'Find a room, or create one', people: 'Name' };
    setText($('finder-label'), labels[kind]);
    setText($('finder-alert'), '');
    $('finder-text').value = '';
    this.render();
    this.dialog.showModal();
    $('finder-text').focus();
    list.loaded = this.#load(list);
    await list.loaded;
  }

  /** Loads a list. Meanwhile the dialog may show another one. */
  async #load(list) {
    try {
      const [rooms, users] = await Promise.all([
        list.kind === 'people' ? [] : this.#all('rooms'),
        list.kind === 'rooms' ? [] : this.#all('users'),
      ]);
      Object.assign(list, { rooms, users, isKnown: true });
    } catch (refusal) {
      if (list === this.list) setText($('finder-alert'), refusal.words ?? '');
    }
    if (list === this.list) this.render();
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
    const { list: { kind, rooms, users, isKnown } } = this;
    const typed = this.#typed;
    const closeness = ({ name }) => (name === typed ? 0 : name.startsWith(typed) ? 1 : 2);
    const nearness = ({ online, joined }) => Number(online ?? joined);
    const rank = (a, b) => closeness(a) - closeness(b) || nearness(b) - nearness(a) || (a.name < b.name ? -1 : 1);
    const fitting = (list) => list.filter(({ name }) => name.includes(typed)).sort(rank).slice(0, Finder.SHOWN);
    const others = users.filter(({ name }) => name !== this.store.me);
    this.fitting = [
      ...fitting(rooms).map((room) => ({ key: `room/${room.name}`, room })),
      ...fitting(others).map((user) => ({ key: `direct/${user.name}`, user })),
    ];
    reconcile($('found'), this.fitting, makeFound);
    // Enter opens the first one, and creates a room only if there is none.
    $('found').classList.toggle('typed', Boolean(typed));
    const create = $('finder-create');
    create.hidden = create.disabled = kind !== 'rooms' || !typed || rooms.some(({ name }) => name === typed);
    create.className = this.fitting.length ? 'plain' : 'primary';
    const [first] = this.fitting;
    const creates = kind === 'rooms' && isKnown ? `Enter creates #${typed}` : '';
    setText($('finder-enter'), typed && (first ? `Enter opens ${labelOf(first)}` : creates));
  }

  async #clicked(button) {
    if (button?.dataset.open) await this.#attempt(() => this.open(...button.dataset.open.split('/')));
    else if (button) await this.#attempt(() => this.join(button.dataset.join));
  }

  /** Opens the first match once the list has loaded. Creates a room only if the loaded list has no match. */
  async #submitted() {
    const { list } = this;
    await list.loaded;
    if (!list.isKnown) await this.#load(list);
    const typed = this.#typed;
    if (list !== this.list || !typed || !this.dialog.open) return;
    const found = this.fitting[0];
    if (found) await this.#attempt(() => this.open(...found.key.split('/')));
    else if (list.kind === 'people') await this.#attempt(() => this.open('direct', typed));
    else if (list.isKnown) await this.#create();
  }

  /** Creates the room that was typed, once, however often that is asked for. */
  async #create() {
    const { list } = this;
    if (list.isCreating) return;
    list.isCreating = true;
    const typed = this.#typed;
    await this.#attempt(() => this.#openOrCreate(typed)).finally(() => { list.isCreating = false; });
  }

  /** Creates a room, or opens it if it already exists. A private room may have the name, too: then it is taken. */
  async #openOrCreate(name) {
    if (this.list.rooms.some((room) => room.name === name)) return this.open('room', name);
    try {
      await this.create(name);
    } catch (refusal) {
      if (refusal.status !== 409) throw refusal;
      await this.open('room', name).catch((other) => { throw other.status === 404 ? refusal : other; });
    }
  }

  /** Runs an action and closes the dialog, unless it shows another list meanwhile. */
  async #attempt(action) {
    const { list } = this;
    try {
      await action();
      if (list !== this.list) return;
      this.dialog.close();
      this.done();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      const isNobody = refusal.status === 404 && list.kind === 'people';
      if (list === this.list) setText($('finder-alert'), isNobody ? 'There is no user with that name.' : refusal.words);
    }
  }
}

const labelOf = ({ room, user }) => (room ? `#${room.name}` : user.name);

function makeFound({ key, room, user }) {
  const label = labelOf({ room, user });
  const note = room ? `${plural(room.members, 'member')}${room.joined ? ', joined' : ''}`
    : [user.guest && 'guest', user.online && 'online'].filter(Boolean).join(', ');
  const face = room ? [] : [paintFace(element('span', { className: 'face', 'aria-hidden': 'true' }), user.name)];
  const item = element('li', {}, element('button', { className: 'pick', type: 'button', 'data-open': key }, ...face,
    element('span', { className: 'name' }, label), ' ', element('span', { className: 'note' }, note)));
  if (room && !room.joined) {
    const join = { className: 'plain small', type: 'button', 'data-join': room.name, 'aria-label': `Join ${label}` };
    item.append(element('button', join, 'Join'));
  }
  return item;
}
