// Which messages were on the screen: those count as read.

import { isLogVisible } from '../dom.js';

/** Watches the unread messages of the log, and reports the last one that was seen. */
export class Seen {
  /** @param {(seq: number) => void} seen */
  constructor(log, column, seen) {
    Object.assign(this, { log, column, seen });
    const options = { root: log, threshold: [0, 0.25, 0.5, 1] };
    this.observer = new IntersectionObserver((entries) => this.#saw(entries), options);
    this.watched = new Set();
  }

  /** Watches what is unread now, and nothing else. */
  watch({ unread, lastRead }) {
    for (const node of this.watched) {
      if (node.isConnected && Number(node.dataset.seq) > lastRead) continue;
      this.observer.unobserve(node);
      this.watched.delete(node);
    }
    if (!unread) return;
    for (let node = this.column.lastElementChild; node; node = node.previousElementSibling) {
      if (!node.dataset.seq) continue;
      if (Number(node.dataset.seq) <= lastRead) break;
      if (!this.watched.has(node)) this.observer.observe(node);
      this.watched.add(node);
    }
  }

  /** Forgets what is watched, so that the next `watch` reports what is on the screen already. */
  reset() {
    for (const node of this.watched) this.observer.unobserve(node);
    this.watched.clear();
  }

  stop() {
    this.observer.disconnect();
  }

  /** A message is seen if half of it, or half a screen of it, was visible while nothing covered the log. */
  #saw(entries) {
    if (!isLogVisible()) return;
    const seen = entries.filter((entry) => entry.isIntersecting && entry.target.isConnected
      && (entry.intersectionRatio >= 0.5 || entry.intersectionRect.height >= this.log.clientHeight / 2));
    const seq = Math.max(0, ...seen.map((entry) => Number(entry.target.dataset.seq)));
    if (seq) this.seen(seq);
  }
}
