// Which message the user has chosen, by pointing, touching or the keyboard, and the buttons for what can be done with it.

import { element } from '../dom.js';

/** What the buttons are called, the key that does the same, and the right that it takes. */
const ACTS = [
  { act: 'react', label: 'React', key: '+', right: 'canReact' },
  { act: 'reply', label: 'Reply', key: 'r', right: 'canReply' },
  { act: 'edit', label: 'Edit', key: 'e', right: 'canEdit' },
  { act: 'delete', label: 'Delete', key: 'Delete', right: 'canDelete' },
];

export class Choosing {
  /**
   * @param {{rights: (message: Message) => object|null, act: (what: string, message: Message) => void,
   *   toggle: (message: Message, emoji: string) => void, goTo: (seq: number) => void, leave: () => void}} does
   *   `rights` returns null if nothing can be done
   */
  constructor(log, column, does, signal) {
    Object.assign(this, { log, column, does });
    /** @type {HTMLElement|null} The chosen message. */
    this.article = null;
    this.bar = element('div', { role: 'group', 'aria-label': 'Message actions' }, ...ACTS.map(({ act, label, key }) => {
      const title = `${label} (${key.length > 1 ? key : key.toUpperCase()})`;
      return element('button', { type: 'button', title, 'data-act': act }, label);
    }));
    this.place = element('div', { className: 'acts' }, this.bar);
    const on = (target, event, handle) => target.addEventListener(event, handle, { signal });
    on(column, 'pointerover', (event) => event.pointerType === 'mouse' && this.#point(this.#articleOf(event.target)));
    on(log, 'pointerleave', (event) => event.pointerType === 'mouse' && this.#point(null));
    on(column, 'focusin', ({ target }) => this.show(this.#articleOf(target)));
    on(log, 'click', ({ target }) => this.#clicked(target));
    on(log, 'keydown', (event) => this.#pressed(event));
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

  /** Moves the focus to a message. */
  focus(article) {
    article.tabIndex = -1;
    article.focus({ preventScroll: true });
    article.scrollIntoView({ block: 'nearest' });
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

  #pressed(event) {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest('form')) return;
    const article = this.#articleOf(target);
    const isOnArticle = article === target;
    const row = isOnArticle && ACTS.find((each) => each.key === key || each.key.toUpperCase() === key);
    if (target === this.log && key === 'Enter') this.#focusLast();
    else if (isOnArticle && key === 'ArrowUp') this.#step(article, 'previousElementSibling');
    else if (isOnArticle && key === 'ArrowDown') this.#step(article, 'nextElementSibling');
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

  /** Moves the focus to the last message on the screen. */
  #focusLast() {
    const { bottom } = this.log.getBoundingClientRect();
    const rows = [...this.column.querySelectorAll('.message[data-seq]')];
    const last = rows.reverse().find((row) => row.getBoundingClientRect().top < bottom);
    if (last) this.focus(last);
  }
}
