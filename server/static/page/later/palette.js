// The dialog "Go to": rooms and people as one list, which the arrow keys go through while the user types.

import { beside, plural } from '../basics.js';
import { Panel } from '../dialogs.js';
import { element, paintFace, reconcile, setText } from '../dom.js';
import { isComposing } from '../typing.js';

const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/;

export class Palette {
  static SHOWN = 50;
  static PAGE = 500;
  /** Loading stops at this many rooms or users. The others are found by their full names. */
  static LOADED = 4000;

  /**
   * @param {{api: Function, store: Store, rank: Function, current: Conversation,
   *   open: (kind: string, name: string) => Promise<void>, create: (name: string) => Promise<void>,
   *   done: () => void}} does
   */
  constructor(does) {
    Object.assign(this, does);
    [this.rooms, this.users, this.at] = [[], [], 0];
    /** Whether the server has said which rooms there are. Before, none is created: it may be there. */
    this.isKnown = false;
    this.isCreating = false;
  }

  async show() {
    const panel = this.panel = new Panel('Go to');
    this.list = element('ul', { id: 'go-to', className: 'palette', role: 'listbox', 'aria-label': 'Rooms and people' });
    this.input = element('input', {
      type: 'text', role: 'combobox', 'aria-label': 'Room or user', placeholder: 'Room or user', 'aria-controls': 'go-to', 'aria-expanded': 'true',
      'aria-autocomplete': 'list', autocomplete: 'off', autocapitalize: 'none', spellcheck: false, maxLength: 64,
    });
    panel.body.append(this.input, this.list);
    this.input.addEventListener('input', () => { panel.refuse(''); this.#render(0); });
    this.input.addEventListener('keydown', (event) => this.#pressed(event));
    // The focus stays where the user types.
    this.list.addEventListener('pointerdown', (event) => event.preventDefault());
    this.list.addEventListener('click', ({ target }) => this.#choose(target.closest('[role=option]')?.row));
    this.#render(0);
    this.input.focus();
    this.loaded = this.#load();
    await this.loaded;
  }

  async #load() {
    const { panel } = this;
    const lists = await panel.attempt(() => Promise.all([this.#all('rooms'), this.#all('users')]));
    if (!lists || !panel.isOpen) return;
    [this.rooms, this.users, this.isKnown] = [...lists, true];
    this.#render(this.at);
  }

  async #all(path) {
    const all = [];
    for (let page; all.length < Palette.LOADED && (!page || page.length === Palette.PAGE);) {
      page = await this.api('GET', `${path}?limit=${Palette.PAGE}&after=${all[all.length - 1]?.id ?? 0}`, { as: path });
      all.push(...page);
    }
    return all;
  }

  /** Returns everything that can be gone to, by key: what the page knows, and what the server lists. */
  #candidates(text) {
    const { store, current } = this;
    const found = new Map();
    const add = (kind, name, more) => {
      const key = `${kind}/${name}`;
      found.set(key, { ...found.get(key), ...more, key, kind, name });
    };
    for (const name of store.people) add('direct', name, { names: [name], isNear: true, note: 'online' });
    for (const { name, title, members, joined } of this.rooms) {
      add('room', name, { names: title ? [name, title] : [name], title, isNear: joined, note: plural(members, 'member') });
    }
    for (const { name, display_name: shown, online, guest } of this.users) {
      if (name !== store.me) add('direct', name, { names: shown ? [name, shown] : [name], isNear: online, isGuest: guest, note: online ? 'online' : '' });
    }
    for (const { kind, name, title, unread, newestId, isJoined, newest } of store.conversations.values()) {
      if (!isJoined || (kind === 'direct' && !newest)) continue;
      const { names = title ? [name, title] : [name] } = found.get(`${kind}/${name}`) ?? {};
      add(kind, name, { names, title, unread, latest: newestId, isNear: true });
    }
    if (!text && current) found.delete(current.key);
    return [...found.values()];
  }

  #rows() {
    const typed = this.input.value.trim();
    const text = typed.replace(/^[#@]/, '');
    const only = { '#': 'room', '@': 'direct' }[typed[0]];
    const candidates = this.#candidates(typed).filter(({ kind }) => !only || kind === only);
    const rows = this.rank(candidates, text).slice(0, Palette.SHOWN);
    const name = text.toLowerCase().replace(/\s+/g, '-');
    const isThere = this.rooms.some((room) => room.name === name) || this.store.conversations.get(`room/${name}`)?.isJoined;
    return this.isKnown && NAME.test(name) && only !== 'direct' && !isThere ? [...rows, { key: 'create', kind: 'create', name }] : rows;
  }

  #render(at) {
    this.rows = this.#rows();
    reconcile(this.list, this.rows, (row) => makeRow(row), (node, row) => updateRow(node, row, row.isGuest ?? this.store.guests.has(row.name)));
    this.#mark(at);
  }

  /** Marks a row, which Enter chooses. */
  #mark(at) {
    this.at = Math.max(0, Math.min(at, this.rows.length - 1));
    [...this.list.children].forEach((node, n) => {
      node.id = `go-to-${n}`;
      node.setAttribute('aria-selected', String(n === this.at));
    });
    const marked = this.list.children[this.at];
    if (!marked) return this.input.removeAttribute('aria-activedescendant');
    this.input.setAttribute('aria-activedescendant', marked.id);
    marked.scrollIntoView({ block: 'nearest' });
  }

  #pressed(event) {
    const { rows, at } = this;
    if (isComposing(event) || event.altKey) return;
    const ring = (step) => beside(at, step, rows.length);
    const next = { ArrowDown: ring(1), ArrowUp: ring(-1), PageDown: at + 8, PageUp: at - 8 }[event.key];
    if (event.key === 'Enter') this.#enter();
    else if (next !== undefined && rows.length) this.#mark(next);
    else return;
    event.preventDefault();
  }

  /** Goes to the marked row. If nothing fits that the page knows, it waits for the server's lists, or asks again. */
  async #enter() {
    if (!this.rows.length) await this.loaded;
    if (!this.rows.length && !this.isKnown) await this.#load();
    if (this.panel.isOpen && (this.rows.length || this.isKnown)) await this.#choose(this.rows[this.at]);
  }

  /** Goes to a row. Without one, to the user whose full name was typed. */
  async #choose(row = { kind: 'direct', name: this.input.value.trim().replace(/^@/, '').toLowerCase() }) {
    const creates = row.kind === 'create';
    if (!NAME.test(row.name) || (creates && this.isCreating)) return;
    this.isCreating ||= creates;
    const isDone = await this.panel.attempt(async () => {
      if (creates) await this.create(row.name);
      else await this.open(row.kind, row.name);
      return true;
    }, { 'not-found': 'There is no room or user with that name.' }).finally(() => { this.isCreating &&= !creates; });
    if (!isDone) return;
    this.panel.close();
    this.done();
  }
}

function makeRow({ kind, name }) {
  const sign = element('span', { className: kind === 'direct' ? 'face' : 'face sign', 'aria-hidden': 'true' }, kind === 'create' ? '+' : '');
  if (kind !== 'create') paintFace(sign, name);
  return element('li', { role: 'option' }, sign, element('span', { className: 'name' }), ' ', element('span', { className: 'note' }));
}

function updateRow(node, row, isGuest) {
  const { kind, name, title, unread, note } = row;
  node.row = row;
  setText(node.children[1], kind === 'create' ? `Create #${name}` : title || (kind === 'room' ? `#${name}` : name));
  const notes = [title && `#${name}`, isGuest && kind === 'direct' && 'guest', unread ? `${unread.toLocaleString()} unread` : note];
  setText(node.children[2], notes.filter(Boolean).join(' · '));
  node.classList.toggle('unread', Boolean(unread));
}
