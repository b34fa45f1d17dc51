// Where the screen is in the log. Whatever changes, the message that the user looks at stays in place, unless the
// screen is at the end and follows. What was on the screen counts as read.

import { $, isLogSeen, setText } from '../dom.js';
import { coveringDays } from './window.js';

/** The scrolling of the log. Its methods take the `Window` that is shown, as `view`. */
export class Scroll {
  /** @param {() => void} draw draws the rows again */
  constructor(log, column, draw) {
    Object.assign(this, { log, column, draw });
  }

  #top(node) {
    return node.getBoundingClientRect().top - this.log.getBoundingClientRect().top;
  }

  /** Returns whether any part of a node is on the screen. */
  isOnScreen(node) {
    const top = this.#top(node);
    return top < this.log.clientHeight && top + node.offsetHeight > 0;
  }

  /** Returns the first message on the screen and where it is, or null if there is none. */
  anchor() {
    for (const node of this.column.children) {
      const top = this.#top(node);
      const bottom = top + node.offsetHeight;
      if (node.dataset.seq && bottom > 0) return { node, top, bottom, seq: Number(node.dataset.seq) };
    }
    return null;
  }

  /** Puts an anchor back, by its lower edge: a message that turns out to continue another one loses its heading. */
  putBack(anchor) {
    const shift = anchor?.node.isConnected ? this.#top(anchor.node) + anchor.node.offsetHeight - anchor.bottom : 0;
    if (shift) this.log.scrollTop += shift;
  }

  /** Scrolls a message to `top`, or else the line "New messages" to the upper part of the screen. */
  toMessage(seq, top) {
    const row = this.column.querySelector(`[data-seq="${seq}"]`);
    const line = this.column.querySelector('.new-line');
    if (top !== undefined && row) this.log.scrollTop += this.#top(row) - top;
    else if (line) this.log.scrollTop += this.#top(line) - this.log.clientHeight / 5;
  }

  /** Scrolls to the end, but keeps the line "New messages" on the screen while the user cannot read what is new. */
  toEnd(view) {
    this.#stopAtBurst(view);
    const isUnseen = view.conversation.unread && (!isLogSeen() || !view.isStuck);
    const line = isUnseen ? this.column.querySelector('.new-line') : null;
    const end = this.log.scrollHeight - this.log.clientHeight;
    const top = line ? Math.min(end, this.log.scrollTop + this.#top(line) - 48) : end;
    if (Math.abs(this.log.scrollTop - top) > 1) this.log.scrollTop = top;
  }

  /** Stops following if a burst of messages is higher than the screen: the user starts reading where it starts. */
  #stopAtBurst(view) {
    if (!view.isStuck || !view.conversation.unread || !isLogSeen()) return;
    const first = this.column.querySelector(`[data-seq="${view.known + 1}"]`);
    if (!first || this.#top(this.column) + this.column.offsetHeight - this.#top(first) <= this.log.clientHeight) return;
    view.stopAtBurst();
    this.draw();
  }

  /** Returns whether the user has scrolled up from the end, and the browser has not told of it yet. */
  hasLeft(view) {
    const { log, height, restedAt } = this;
    return view.isStuck && height === log.clientHeight && log.scrollTop < restedAt - 1;
  }

  /** Takes note of where the screen is now, after it was drawn or scrolled. */
  settle(view) {
    const { log } = this;
    // A growing message box takes room from the log. That is not the user scrolling.
    if (view.isStuck && this.height !== log.clientHeight) this.toEnd(view);
    this.height = log.clientHeight;
    const isFar = view.settle(log.scrollHeight - log.scrollTop - log.clientHeight, log.clientHeight);
    this.restedAt = view.isStuck ? log.scrollTop : null;
    $('newest').hidden = !isFar && !view.isSkipping;
    const { unread } = view.conversation;
    this.#hideDays();
    const about = unread ? `, ${unread.toLocaleString()} unread${view.isSkipping ? ': mark as read' : ''}` : '';
    setText($('newest'), `Newest messages${about}`);
  }

  /** Hides the days that float over the line "New messages", or under the next day. */
  #hideDays() {
    const { column } = this;
    const days = [...column.querySelectorAll('.day')];
    const boxes = days.map((day) => day.getBoundingClientRect());
    const covering = coveringDays(boxes, column.querySelector('.new-line')?.getBoundingClientRect());
    days.forEach((day, at) => day.classList.toggle('covering', covering[at]));
  }
}

/** Finds the last message that was on the screen while the user looked. */
export class Seen {
  /** @param {Scroll} scroll @param {(seq: number) => void} seen */
  constructor(scroll, seen) {
    Object.assign(this, { scroll, seen });
  }

  /** Looks in the next frame. Hidden tabs have none. */
  lookSoon(view) {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.look(view));
  }

  look(view) {
    const { conversation: { unread, lastRead } } = view;
    if (!unread || !isLogSeen()) return;
    const { log, column } = this.scroll;
    const screen = log.getBoundingClientRect();
    for (let node = column.lastElementChild; node; node = node.previousElementSibling) {
      const seq = Number(node.dataset.seq);
      if (seq <= lastRead) return;
      if (!seq || !isSeen(node.getBoundingClientRect(), screen)) continue;
      const { isSkipping } = view;
      if (view.see(this.scroll.anchor().seq, seq)) this.seen(seq);
      if (view.isSkipping !== isSkipping) this.scroll.settle(view);
      return;
    }
  }
}

/** Returns whether half of a message is on the screen, or the end of one that is higher than the screen. */
function isSeen(box, screen) {
  const height = Math.min(box.bottom, screen.bottom) - Math.max(box.top, screen.top);
  return height > 0 && (height >= box.height / 2 || (height >= screen.height / 2 && box.bottom <= screen.bottom + 1));
}
