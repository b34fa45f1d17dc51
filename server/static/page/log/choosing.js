// Which message the user has chosen, by pointing, touching or the keyboard, and the buttons for what can be done with
// it.

import { element, icon } from '../dom.js';
import { isKey } from '../gestures.js';

/** What the buttons are called, the key that does the same, the right that it takes, and how they look. */
export const ACTS = [
  { act: 'react', label: 'React', key: '+', right: 'canReact',
    look: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM7.2 11.6c.6 1.1 1.6 1.7 2.8 1.7s2.2-.6 2.8-1.7M7.7 8.2v.2M12.3 8.2v.2' },
  { act: 'reply', label: 'Reply', key: 'r', right: 'canReply', look: 'M8 5 3.5 9.2 8 13.4M3.8 9.2H11c3 0 5.2 1.8 5.5 5.8' },
  { act: 'edit', label: 'Edit', key: 'e', right: 'canEdit', look: 'M4 16l.7-3.2L13.4 4l2.6 2.6-8.8 8.7ZM11.8 5.7l2.6 2.6' },
  { act: 'link', label: 'Copy link', key: 'l', right: 'canLink',
    look: 'M8.5 11.5a3 3 0 0 0 4.3 0l2.6-2.6a3 3 0 0 0-4.3-4.3L10 5.7M11.5 8.5a3 3 0 0 0-4.3 0l-2.6 2.6a3 3 0 0 0 4.3 4.3L10 14.3' },
  { act: 'unread', label: 'Mark unread from here', key: 'u', right: 'canLeaveUnread',
    look: 'M3 5.5h9M3 10h14M3 14.5h14M16 5.5a1.2 1.2 0 1 0 0-.01' },
  { act: 'delete', label: 'Delete', key: 'Delete', right: 'canDelete', look: 'M4 5.8h12M8 5.8V4h4v1.8M5.5 5.8l.7 10.2h7.6l.7-10.2M8.6 8.8v4.4M11.4 8.8v4.4' },
];

/** How long a finger stays on a message, in milliseconds, and how far it may move meanwhile, in pixels. */
const LONG_MS = 450;
const STILL_PX = 10;

export class Choosing {
  /**
   * @param {{rights: (message: Message) => object|null, act: (what: string, message: Message) => void,
   *   toggle: (message: Message, emoji: string) => void, goTo: (seq: number) => void, toEnd: () => Promise<void>,
   *   leave: () => void}} does `rights` returns null if nothing can be done
   */
  constructor(log, column, does, signal) {
    Object.assign(this, { log, column, does });
    /** @type {HTMLElement|null} The chosen message. */
    this.article = null;
    /** @type {HTMLElement|null} The message that Tab leads to. */
    this.tabbed = null;
    this.bar = element('div', { role: 'group', 'aria-label': 'Message actions' }, ...ACTS.map(({ act, label, key, look }) => {
      const title = `${label} (${key.length > 1 ? key : key.toUpperCase()})`;
      return element('button', { type: 'button', title, 'aria-label': label, 'data-act': act }, icon(look));
    }));
    this.place = element('div', { className: 'acts' }, this.bar);
    const on = (target, event, handle) => target.addEventListener(event, handle, { signal });
    on(column, 'pointerover', (event) => event.pointerType === 'mouse' && this.#point(this.#articleOf(event.target)));
    on(log, 'pointerleave', (event) => event.pointerType === 'mouse' && this.#point(null));
    on(column, 'focusin', ({ target }) => this.show(this.#articleOf(target)));
    on(log, 'click', ({ target }) => this.#clicked(target));
    on(log, 'keydown', (event) => this.#pressed(event));
    on(column, 'pointerdown', (event) => event.pointerType !== 'mouse' && this.#touched(event));
    on(column, 'pointermove', ({ x, y }) => this.touch && Math.hypot(x - this.touch.x, y - this.touch.y) > STILL_PX && this.#lifted());
    for (const event of ['pointerup', 'pointercancel']) on(column, event, () => this.#lifted());
    on(column, 'contextmenu', (event) => (this.touch || this.isLong) && event.preventDefault());
    // The end of a long press is no click on what it has opened.
    on(column, 'touchend', (event) => this.isLong && event.cancelable && event.preventDefault());
  }

  #articleOf(target) {
    return target.closest('.message[data-seq]');
  }

  /** Chooses what the mouse points at, unless the keyboard has chosen a message. */
  #point(article) {
    const focused = this.article?.contains(document.activeElement) && this.article.querySelector(':focus-visible');
    if (!focused && !this.article?.matches(':focus-visible')) this.show(article);
  }

  /** Chooses a message, or none. */
  show(article) {
    this.article = article;
    this.update();
  }

  /** Brings the buttons up to date with the chosen message. */
  update() {
    const { article, bar, place } = this;
    const rights = article?.isConnected && !article.matches('.editing') ? this.does.rights(article.message) : null;
    const isWanted = rights && ACTS.some(({ right }) => rights[right]);
    if (!isWanted) return place.remove();
    ACTS.forEach(({ right }, at) => { bar.children[at].hidden = !rights[right]; });
    if (place.parentNode !== article) article.append(place);
  }

  /** Moves the focus to a message. Tab leads back to it. */
  focus(article) {
    if (this.tabbed) this.tabbed.tabIndex = -1;
    this.tabbed = article;
    article.tabIndex = 0;
    article.focus({ preventScroll: true });
    article.scrollIntoView({ block: 'nearest' });
  }

  // --- touching

  /** A finger is put down. What reacts to long presses itself is left alone. */
  #touched({ target, x, y }) {
    this.#lifted();
    this.isLong = false;
    const article = this.#articleOf(target);
    if (!article || target.closest('a, button, form, pre') || !this.does.rights(article.message)) return;
    const timer = setTimeout(() => {
      this.#lifted();
      this.isLong = true;
      this.does.act('sheet', article.message);
    }, LONG_MS);
    this.touch = { x, y, timer };
  }

  #lifted() {
    clearTimeout(this.touch?.timer);
    this.touch = null;
  }

  #clicked(target) {
    const article = this.#articleOf(target);
    const button = target.closest('button');
    if (!article) return this.show(null);
    if (button?.dataset.act) {
      if (matchMedia('(hover: none)').matches) this.show(null);
      this.does.act(button.dataset.act, article.message);
    }
    if (button?.dataset.emoji) this.does.toggle(article.message, button.dataset.emoji);
    else if (button?.dataset.to) this.does.goTo(Number(button.dataset.to));
    else if (!button && !target.closest('a, form') && getSelection().isCollapsed) {
      this.show(article);
    }
  }

  // --- keys

  #pressed(event) {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest('form')) return;
    const article = this.#articleOf(target);
    const isOnArticle = article === target;
    const row = isOnArticle && ACTS.find((each) => each.key === key || isKey(event, each.key));
    if (target === this.log && ['Enter', 'ArrowUp', 'ArrowDown'].includes(key)) this.#focusLast();
    else if (article && key === 'ArrowUp') this.#step(article, 'previousElementSibling');
    else if (article && key === 'ArrowDown') this.#step(article, 'nextElementSibling');
    else if (isOnArticle && key === 'Home') this.#focusFirst();
    else if (isOnArticle && key === 'End') this.does.toEnd().then(() => this.#focusLast());
    else if (isOnArticle && key === 'Enter') this.bar.querySelector('button:not([hidden])')?.focus();
    else if (article && key === 'Escape') this.does.leave();
    else if (row && this.does.rights(article.message)?.[row.right]) this.does.act(row.act, article.message);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #step(article, sibling) {
    let next = article[sibling];
    while (next && !next.dataset.seq) next = next[sibling];
    if (next) this.focus(next);
  }

  #focusFirst() {
    const first = this.column.querySelector('.message[data-seq]');
    if (first) this.focus(first);
  }

  /** Moves the focus to the last message on the screen. */
  #focusLast() {
    const { bottom } = this.log.getBoundingClientRect();
    const rows = [...this.column.querySelectorAll('.message[data-seq]')];
    const last = rows.reverse().find((row) => row.getBoundingClientRect().top < bottom);
    if (last) this.focus(last);
  }
}
