// The buttons "3 unread above" and "25 unread below": the way to conversations that are scrolled out of sight.

import { plural } from '../basics.js';
import { $, setLabel, setText } from '../dom.js';
import { outOfSight } from './shown.js';

export class Pills {
  /** @param {HTMLElement} list what scrolls */
  constructor(list, signal) {
    this.list = list;
    this.beyond = { above: [], below: [] };
    list.addEventListener('scroll', () => this.look(), { passive: true, signal });
    for (const side of ['above', 'below']) $(`unread-${side}`).addEventListener('click', () => this.#go(side), { signal });
    const resized = new ResizeObserver(() => this.look());
    resized.observe(list);
    signal.addEventListener('abort', () => resized.disconnect());
  }

  /** Looks before the next frame, once for several changes. */
  look() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.#draw();
    });
  }

  #draw() {
    const rows = [...this.list.querySelectorAll('a.unread')];
    const { top, bottom } = this.list.getBoundingClientRect();
    const found = outOfSight(rows.map((row) => row.getBoundingClientRect()), { top, bottom });
    for (const side of ['above', 'below']) {
      const pill = $(`unread-${side}`);
      const hidden = this.beyond[side] = found[side].map((at) => rows[at]);
      pill.hidden = !hidden.length;
      setText(pill, `${hidden.length.toLocaleString()} unread`);
      setLabel(pill, `${plural(hidden.length, 'unread conversation')} ${side}`);
      pill.classList.toggle('called', hidden.some((row) => row.classList.contains('called')));
    }
  }

  /** Scrolls to the nearest one on that side. */
  #go(side) {
    const rows = this.beyond[side];
    const row = rows[side === 'above' ? rows.length - 1 : 0];
    row?.focus({ preventScroll: true });
    row?.scrollIntoView({ block: 'center' });
  }
}
