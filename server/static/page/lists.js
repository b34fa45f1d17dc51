// Lists of conversations and people: the sidebar. later/finder.js has the dialog that finds more of them.

import { $, reconcile, setLabel, setText } from './dom.js';
import { Pills } from './lists/pills.js';
import { makeLink, makePerson, updateLink } from './lists/rows.js';
import { rowOf, shownOf } from './lists/shown.js';
import { ofBrowser } from './session.js';

const SECTIONS = ['rooms', 'directs', 'people'];

/** Rooms, direct conversations and people. On narrow screens it is a drawer. */
export class Sidebar {
  static PEOPLE = 60;
  /** The sections that are folded, in the browser's storage. */
  static FOLDED = 'linger.folded';

  /** @param {(key: string) => boolean} hasDraft whether something is written in a conversation, and not sent */
  constructor({ store, open, write, closed, hasDraft, signal }) {
    Object.assign(this, { store, write, closed, hasDraft });
    this.narrow = matchMedia('(max-width: 759px)');
    const kept = ofBrowser.get(Sidebar.FOLDED);
    this.folded = new Set(Array.isArray(kept) ? kept : []);
    this.pills = new Pills($('lists'), signal);
    const on = (id, event, does) => $(id).addEventListener(event, does, { signal });
    for (const list of ['rooms', 'directs']) on(list, 'click', (event) => this.#followed(event, open));
    for (const section of SECTIONS) on(`${section}-fold`, 'click', () => this.#fold(section));
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
    if (open && isDrawer) $('sidebar').querySelector('[aria-current], a, button')?.focus();
    else if (wasOpen) $('menu').focus();
    if (wasOpen && !this.isOpen) this.closed();
  }

  #fold(section) {
    if (!this.folded.delete(section)) this.folded.add(section);
    ofBrowser.set(Sidebar.FOLDED, [...this.folded]);
    this.render(this.opened);
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
    const { store, folded } = this;
    this.opened = open;
    $('lists').hidden = false;
    const hasDraft = ({ key }) => this.hasDraft(key);
    const around = { open, hasDraft, isOnline: (name) => store.isOnline(name) };
    for (const section of SECTIONS) $(`${section}-fold`).setAttribute('aria-expanded', String(!folded.has(section)));
    for (const [section, all] of [['rooms', store.rooms], ['directs', store.directs(open)]]) {
      const rows = shownOf(all, folded.has(section), around).map((conversation) => rowOf(conversation, around));
      reconcile($(section), rows, makeLink, updateLink);
    }
    this.#renderPeople();
    const calls = store.rooms.reduce((sum, room) => sum + room.mentions, 0);
    setLabel($('mentions'), calls ? `Mentions, ${calls} unread` : 'Mentions');
    $('mentions').dataset.unread = calls || '';
    const elsewhere = store.unread - (open?.unread ?? 0);
    setLabel($('menu'), elsewhere ? `Menu, ${elsewhere} unread` : 'Menu');
    $('menu').classList.toggle('unread', elsewhere > 0);
    this.pills.look();
  }

  #renderPeople() {
    const { store: { me, people, guests } } = this;
    setText($('people-count'), (people.length + 1).toLocaleString());
    const isFolded = this.folded.has('people');
    const others = isFolded ? 0 : people.length - Sidebar.PEOPLE;
    $('more-people').hidden = others <= 0;
    setText($('more-people'), others > 0 ? `and ${others.toLocaleString()} more` : '');
    const row = (name) => {
      const remark = guests.has(name) ? 'guest' : '';
      return { key: `${name} ${remark}`, name, remark, title: `Message ${name}` };
    };
    const shown = isFolded ? [] : [{ key: ' me', name: me, remark: '(you)', isFixed: true }, ...people.slice(0, Sidebar.PEOPLE).map(row)];
    reconcile($('people'), shown, makePerson);
  }
}
