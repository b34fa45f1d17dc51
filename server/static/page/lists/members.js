// The panel beside a conversation: the people in it, those who are online first. It is there where the window has room.

import { SECOND } from '../basics.js';
import { $, reconcile, setLabel, setText } from '../dom.js';
import { ofBrowser } from '../session.js';
import { makePerson } from './rows.js';
import { byPresence, remarkOf } from './shown.js';

/** The members of a room are asked for again after this time. */
const FRESH_MS = 60 * SECOND;
const PAGE = 500;
/** The pages of members that are loaded. */
const MAX_PAGES = 10;
/** The rows that are drawn at first, and more at each click. */
const ROWS = 200;

export class Members {
  /** Whether the user wants the panel, in the browser's storage. */
  static KEY = 'linger.members';

  /**
   * @param {(name: string) => void} person shows a user
   * @param {() => void} dialog shows the members where there is no room
   */
  constructor({ api, store, person, dialog, signal }) {
    Object.assign(this, { api, store, signal });
    this.roomy = matchMedia('(min-width: 1360px)');
    this.isWanted = ofBrowser.get(Members.KEY) !== false;
    this.most = ROWS;
    /** @type {WeakMap<Conversation, {list: {name: string, role: string}[], at: number, count: number}>} */
    this.known = new WeakMap();
    const on = (target, event, does) => target.addEventListener(event, does, { signal });
    on(this.roomy, 'change', () => this.render(this.open));
    on($('members-toggle'), 'click', () => this.#switch(!this.isWanted));
    on($('member-count'), 'click', () => (this.isOffered ? this.#switch(!this.isWanted) : dialog()));
    on($('members-close'), 'click', () => { this.#switch(false); $('members-toggle').focus(); });
    on($('more-members'), 'click', () => { this.most += ROWS; this.render(this.open); });
    on($('members'), 'click', ({ target }) => target.closest('[data-name]') && person(target.closest('[data-name]').dataset.name));
  }

  /** Whether there is room for the panel, and a server that lists members. */
  get isOffered() { return this.roomy.matches && Boolean(this.store.about); }

  #switch(isWanted) {
    this.isWanted = isWanted;
    ofBrowser.set(Members.KEY, isWanted);
    this.render(this.open);
  }

  render(open) {
    if (open !== this.open) this.most = ROWS;
    this.open = open;
    const isShown = Boolean(open) && this.isOffered && this.isWanted;
    $('chat').classList.toggle('with-members', isShown);
    $('members').hidden = !isShown;
    $('people-section').hidden = isShown;
    $('members-toggle').hidden = !this.isOffered || !open;
    for (const button of ['members-toggle', 'member-count']) {
      if (this.isOffered) $(button).setAttribute('aria-expanded', String(isShown));
      else $(button).removeAttribute('aria-expanded');
    }
    if (!isShown) return;
    if (open.kind === 'room') this.#ask(open);
    this.#draw(open);
  }

  #draw(open) {
    const { me, people, guests } = this.store;
    const list = open.kind === 'room' ? this.known.get(open)?.list : [{ name: me }, { name: open.name }];
    // Much is drawn that concerns nobody here.
    const drawn = [open, list, people, guests, this.most];
    if (this.drawn && drawn.every((part, at) => part === this.drawn[at])) return;
    this.drawn = open.kind === 'room' ? drawn : null;
    setLabel($('members'), open.kind === 'room' ? `Members of ${open.label}` : `People in this conversation`);
    const { online, offline } = byPresence(list ?? [], (name) => this.store.isOnline(name), me);
    const rows = (members, isOnline) => members.map((member) => {
      const remark = remarkOf(member, { me, isGuest: (name) => guests.has(name) });
      return { key: `${member.name} ${remark}`, name: member.name, remark, isOnline };
    });
    this.#list('online', online.length, rows(online.slice(0, this.most), true));
    this.#list('offline', offline.length, rows(offline.slice(0, Math.max(0, this.most - online.length)), false));
    const left = online.length + offline.length - this.most;
    $('more-members').hidden = left <= 0;
    setText($('more-members'), left > 0 ? `Show more of ${left.toLocaleString()} others` : '');
  }

  #list(which, count, rows) {
    $(`members-${which}`).hidden = !count;
    setText($(`members-${which}-count`), count.toLocaleString());
    reconcile($(`members-${which}-list`), rows, makePerson);
  }

  /** Loads the members of a room, unless they are known and as many as before. */
  async #ask(room) {
    const known = this.known.get(room);
    const isFresh = known && performance.now() - known.at < FRESH_MS && known.count === room.members;
    if (isFresh || this.isAsking || !room.members) return;
    this.isAsking = true;
    const list = [];
    let isLoaded = false;
    try {
      for (let pages = 1, page; pages <= MAX_PAGES && (!page || page.length === PAGE); pages += 1) {
        const after = page ? `&after=${page[page.length - 1].id}` : '';
        page = await this.api('GET', `${room.path}/members?limit=${PAGE}${after}`, { as: 'members', signal: this.signal });
        list.push(...page);
      }
      isLoaded = true;
    } catch { /* who is known stays, and it is asked again later */ }
    this.isAsking = false;
    if (this.signal.aborted) return;
    const isBanned = ({ role }) => role === 'banned';
    const isBetter = isLoaded || !known;
    this.known.set(room, { list: isBetter ? list.filter((member) => !isBanned(member)) : known.list, at: performance.now(), count: room.members });
    this.render(this.open);
  }
}
