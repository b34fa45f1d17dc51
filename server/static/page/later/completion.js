// Completes the names of users and rooms in a box for texts: @ or # opens a list above it, and Tab or Enter takes one.

import { beside } from '../basics.js';
import { element, reconcile, setText } from '../dom.js';
import { isComposing } from '../typing.js';

const SHOWN = 8;
const PAGE = 500;
const FRESH_MS = 60_000;
const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/;

/** Returns the name that is being typed before a place in a text, or null. */
export function nameAt(text, caret) {
  const [, sign, typed] = /(?:^|[^\p{L}\p{N}_@#&./-])([@#])([\p{L}\p{M}\p{N}_-]{0,32})$/u.exec(text.slice(Math.max(0, caret - 40), caret)) ?? [];
  return sign ? { sign, typed, start: caret - typed.length - 1 } : null;
}

export class Completion {
  /** @param {{api: Function, store: Store, rank: Function, conversation: () => Conversation}} does */
  constructor(does, signal) {
    Object.assign(this, does);
    /** What the server lists, by path, and when it was asked. */
    this.lists = new Map();
    this.list = element('ul', { id: 'completion', className: 'completion', role: 'listbox' });
    // The focus stays where the user types.
    this.list.addEventListener('pointerdown', (event) => event.preventDefault());
    this.list.addEventListener('click', ({ target }) => this.#take(target.closest('[role=option]')?.rowKey));
    const on = (event, handle) => document.addEventListener(event, handle, { signal, capture: true });
    on('keydown', (event) => event.target === this.box && this.list.isConnected && this.#pressed(event));
    on('focusout', ({ target }) => target === this.box && this.close());
    on('click', ({ target }) => target === this.box && this.update(target));
  }

  /** Opens the list for what is before the caret of a box, or closes it. */
  update(box) {
    const at = box.selectionStart === box.selectionEnd ? nameAt(box.value, box.selectionStart) : null;
    if (!at) return this.close();
    if (this.box !== box) this.close();
    Object.assign(this, { box, at, isStepped: false });
    const path = at.sign === '@' ? 'users' : 'rooms';
    this.#learn(`${path}?limit=${PAGE}`, path);
    // Where there are more than one page holds, by the beginning of the name.
    const begin = at.typed.toLowerCase();
    if (NAME.test(begin) && this.lists.get(`${path}?limit=${PAGE}`)?.found?.length === PAGE) this.#learn(`${path}?limit=20&prefix=${begin}`, path);
    this.#render();
  }

  async #learn(query, path) {
    const known = this.lists.get(query);
    if (known && performance.now() - known.asked < FRESH_MS) return;
    this.lists.set(query, { ...known, path, asked: performance.now() });
    try {
      const found = await this.api('GET', query, { as: path });
      this.lists.set(query, { path, found, asked: performance.now() });
      // The user may have typed on, or closed the list.
      if (this.at) this.update(this.box);
    } catch { /* what the page knows is offered */ }
  }

  #listed(path) {
    return [...this.lists.values()].filter((list) => list.path === path).flatMap(({ found = [] }) => found);
  }

  #candidates() {
    const { store, at } = this;
    const all = new Map();
    const add = (name, more = {}) => all.set(name, { names: [name], ...all.get(name), ...more });
    if (at.sign === '#') {
      for (const { name, title, joined } of this.#listed('rooms')) add(name, { names: title ? [name, title] : [name], shown: title, isNear: joined });
      for (const { name, title, newestId: latest } of store.rooms) add(name, { names: title ? [name, title] : [name], shown: title, latest, isNear: true });
      return all;
    }
    for (const { name, display_name: shown } of this.#listed('users')) add(name, { names: shown ? [name, shown] : [name], shown });
    for (const name of store.people) add(name, { isNear: true });
    const { messages = [], kind, name } = this.conversation() ?? {};
    if (kind === 'direct') add(name);
    for (const { from, id } of messages) add(from, { latest: id });
    all.delete(store.me);
    return all;
  }

  #render() {
    const { at, box, list } = this;
    const all = this.#candidates();
    const fits = this.rank([...all.values()], at.typed).slice(0, SHOWN);
    const isWhole = all.has(at.typed.toLowerCase());
    if (!fits.length || (isWhole && fits.length === 1)) return this.#hide();
    const names = fits.map(({ names: [name] }) => name);
    // A name that is complete is not taken by Enter, which sends.
    if (isWhole && !this.isStepped) this.active = null;
    else if (!names.includes(this.active)) this.active = names[0];
    list.setAttribute('aria-label', at.sign === '@' ? 'Users' : 'Rooms');
    if (list.parentNode !== box.parentNode) box.before(list);
    reconcile(list, fits.map(({ names: [name], shown }) => ({ key: name, shown })), ({ key }) => element('li', { id: `completion-${key}`, role: 'option' },
      element('strong', {}, at.sign + key), ' ', element('span', { className: 'note' })), (node, { key, shown }) => {
      setText(node.firstChild, at.sign + key);
      setText(node.lastChild, shown ?? '');
      node.setAttribute('aria-selected', String(key === this.active));
    });
    box.setAttribute('aria-autocomplete', 'list');
    box.setAttribute('aria-controls', 'completion');
    if (this.active) box.setAttribute('aria-activedescendant', `completion-${this.active}`);
    else box.removeAttribute('aria-activedescendant');
  }

  close() {
    this.#hide();
    this.box = this.at = null;
  }

  /** Removes the list. An answer that is still on its way may bring it back. */
  #hide() {
    this.list.remove();
    for (const name of ['aria-autocomplete', 'aria-controls', 'aria-activedescendant']) this.box?.removeAttribute(name);
    this.active = null;
  }

  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || isComposing(event)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.#step(step);
    else if (event.key === 'Escape') this.close();
    else if ((event.key === 'Enter' || event.key === 'Tab') && this.active) this.#take(this.active);
    else if (event.key === 'Enter') return this.close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  #step(step) {
    const names = [...this.list.children].map(({ rowKey }) => rowKey);
    const at = names.indexOf(this.active);
    this.isStepped = true;
    this.active = names[beside(at, step, names.length)];
    this.#render();
  }

  /** Puts a name into the text. */
  #take(name) {
    if (!name) return;
    const { box, at: { sign, start, typed } } = this;
    box.setRangeText(`${sign}${name} `, start, start + typed.length + 1, 'end');
    this.close();
    box.dispatchEvent(new Event('input', { bubbles: true }));
    box.focus();
  }
}
