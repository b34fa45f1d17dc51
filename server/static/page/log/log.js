// The messages of the open conversation: opening it, drawing it, and where the user is in it.

import { SECOND } from '../basics.js';
import { $, element, isLogSeen, reconcile, setLabel, setQuoted, setText } from '../dom.js';
import { Choosing } from './choosing.js';
import { History } from './history.js';
import { clickRow, makeRow, updateRow } from './rows.js';
import { Scroll, Seen } from './screen.js';
import { copySelection } from './text.js';
import { Window, rowsOf } from './window.js';

/** How long a message that the user was led to is marked. */
const MARKED_SECONDS = 2;

/**
 * The log on the screen. `view` is the window of messages that is shown; it exists for one visit to a conversation.
 */
export class Log {
  /** @param {{rights: Function, act: Function, toggle: Function}} changing what is done with messages */
  constructor({ me, api, outbox, seen, moved, decided, changing, signal }) {
    Object.assign(this, { me, outbox, moved, decided });
    this.log = $('log');
    this.column = element('div', { className: 'column' });
    this.log.replaceChildren(this.column);
    this.scroll = new Scroll(this.log, this.column, () => this.#draw());
    this.seen = new Seen(this.scroll, (seq) => seen(this.conversation, seq));
    const { rights, act, toggle } = changing;
    const goTo = (seq) => this.goTo(seq);
    const toEnd = () => this.toEnd(false);
    this.choosing = new Choosing(this.log, this.column, { rights, act, toggle, goTo, toEnd, leave: decided }, signal);
    this.history = new History(this, api);
    this.editor = null; // until it is loaded
    const again = () => isLogSeen() && this.render();
    this.log.addEventListener('scroll', () => this.#scrolled(), { signal, passive: true });
    this.column.addEventListener('click', ({ target }) => this.#clicked(target), { signal });
    this.log.addEventListener('copy', copySelection, { signal });
    // These buttons are about to go, and would take the focus with them.
    $('newest').addEventListener('click', () => { this.decided(); this.toEnd(true); }, { signal });
    $('mine').addEventListener('click', () => { this.decided(); this.toEnd(); }, { signal });
    window.addEventListener('focus', again, { signal });
    document.addEventListener('visibilitychange', again, { signal });
    // A dialog's `close` event does not bubble.
    document.addEventListener('close', again, { signal, capture: true });
    // The browser window is resized, a phone is turned or shows its keyboard: the message at the top stays there.
    const resized = new ResizeObserver(() => {
      if (!this.view) return;
      if (this.view.isStuck) this.scroll.toEnd(this.view);
      else this.scroll.putBack(this.anchored);
      this.seen.lookSoon(this.view);
    });
    resized.observe(this.log);
    signal.addEventListener('abort', () => resized.disconnect());
  }

  get conversation() { return this.view?.conversation; }

  // --- which conversation, and where in it

  /** Shows a conversation at a bookmark, else at the first unread message, else at the end. */
  async open(conversation, bookmark = null) {
    if (this.view && this.conversation !== conversation) this.view.close();
    this.history.begin();
    this.#putAside();
    setLabel(this.log, `Messages ${conversation.kind === 'room' ? 'in' : 'with'} ${conversation.label}`);
    this.column.replaceChildren();
    this.mine = null;
    this.view = new Window(conversation, bookmark);
    this.render();
    await this.fill();
  }

  /** Goes to the newest message. What lies between counts as read only if the user wants that, or asks again there. */
  async toEnd(isRead = this.view?.isSkipping && this.view.isStuck) {
    this.view?.goToEnd(isRead);
    await this.fill();
  }

  /** Goes to the end, where the user's new message is, unless that would skip unread messages. */
  wrote(item) {
    this.mine = item;
    if (this.conversation.unread) return;
    this.conversation.newAfter = null;
    if (!this.view.isStuck) this.toEnd();
  }

  /** Says what has become of the user's new message, as long as it is not on the screen. */
  #showMine() {
    const { mine } = this;
    const row = mine && this.column.querySelector(mine.seq ? `[data-seq="${mine.seq}"]` : `[data-key="${mine.key}"]`);
    if ((row && this.scroll.isOnScreen(row)) || this.conversation.find(mine?.seq)?.deleted_at) this.mine = null;
    $('mine').hidden = !this.mine;
    if (!this.mine) return setText($('mine'), '');
    const fate = { sending: 'Sending', failed: 'Not sent', arrived: 'Sent, below the unread messages' }[mine.state];
    $('mine').dataset.state = mine.state;
    setQuoted($('mine'), `${fate}: `, mine.text.slice(0, 200));
  }

  /** Scrolls to a message, loads it if need be, and moves the focus there. Returns its row, or null. */
  async goTo(seq) {
    const { view } = this;
    const top = this.log.clientHeight / 4;
    const row = () => this.column.querySelector(`[data-seq="${seq}"]`);
    if (!row()) {
      // To look for a message that does not exist would lose the reader's place.
      if (seq > this.conversation.newest && !(await this.history.isThere(seq))) return null;
      if (view !== this.view) return null;
      [view.goal, view.isFramed] = [{ seq, top }, false];
      await this.fill();
    }
    if (view !== this.view || !row()) return null;
    if (!this.scroll.isOnScreen(row())) {
      view.stick(false);
      this.scroll.toMessage(seq, top);
    }
    this.choosing.focus(row());
    row().classList.add('marked');
    setTimeout(() => row()?.classList.remove('marked'), MARKED_SECONDS * SECOND);
    return row();
  }

  // --- editing

  /** Opens the box to edit one of the user's messages. */
  async edit(message) {
    const { editor } = this;
    const row = await this.goTo(message.seq);
    row?.classList.remove('marked');
    if (!row || row.message.deleted_at) return this.choosing.update();
    if (!row.contains(editor.form)) {
      this.#putAside();
      this.#openEditor(row);
    }
    editor.focus();
    this.choosing.update();
  }

  /** Opens the box in a row, with what was put aside there. */
  #openEditor(row) {
    const { message } = row;
    const { unsaved } = this.conversation;
    const edited = unsaved.get(message.seq);
    unsaved.delete(message.seq);
    if (!message.deleted_at) this.editor.open(row, edited && !edited.isSaved ? edited : { message, text: message.text });
  }

  /** Closes the box. What was typed is there again when the box is, or when its message is drawn again. */
  #putAside() {
    const edited = this.editor?.putAside();
    if (edited) this.conversation.unsaved.set(edited.message.seq, edited);
  }

  /** Opens the box that was closed because its message left the document. */
  #resume() {
    const { editor, conversation: { unsaved } } = this;
    if (editor?.form && !editor.form.isConnected) this.#putAside();
    for (const [seq, { isSaved }] of unsaved) if (isSaved) unsaved.delete(seq);
    if (!unsaved.size || editor.form) return;
    const row = [...this.column.querySelectorAll('[data-seq]')].find(({ dataset }) => unsaved.has(Number(dataset.seq)));
    if (row) this.#openEditor(row);
  }

  edited() {
    this.choosing.show(null);
    this.decided();
    this.render();
  }

  /** Returns where the screen is, for a reload; null at the end. */
  takeBookmark() {
    if (this.scroll.hasLeft(this.view)) this.scroll.settle(this.view);
    const anchor = this.anchored = this.view.isStuck ? null : this.scroll.anchor();
    const { key, newAfter } = this.conversation;
    return anchor && { conversation: key, seq: anchor.seq, top: anchor.top, newAfter };
  }

  /** Loads and draws what is missing around the screen. Resolves when all of it is there, or was refused. */
  fill() { return this.history.fill(); }

  /** Loads again what may hang on a dead connection. */
  fillAgain() { return this.history.fillAgain(); }

  get trouble() { return this.history.trouble; }

  /** Puts the window around the goal, and scrolls there. */
  frame() {
    const { view, view: { goal } } = this;
    const target = view.frame();
    this.render();
    if (!goal) return;
    this.scroll.toMessage(target, goal.top);
    view.goal = null;
    this.scroll.settle(view);
  }

  // --- drawing

  /** Draws what is known now. */
  render() {
    const { view, conversation } = this;
    if (!view) return;
    view.follow();
    if (this.scroll.hasLeft(view)) this.scroll.settle(view);
    view.moveLine(isLogSeen());
    const anchor = view.isStuck ? null : this.scroll.anchor();
    this.#draw();
    this.log.setAttribute('aria-busy', !conversation.isLoaded && !this.trouble);
    if (view.isStuck) this.scroll.toEnd(view);
    else this.scroll.putBack(anchor);
    this.scroll.settle(view);
    this.seen.lookSoon(view);
    this.#showMine();
  }

  #draw() {
    const { view, me, trouble } = this;
    const rows = rowsOf(view, { me, trouble, outgoing: this.outbox.of(view.conversation) });
    reconcile(this.column, rows, (row) => this.#make(row), (node, row) => updateRow(node, row, me));
    this.#resume();
    view.drawn = view.conversation.newest;
    this.choosing.update();
  }

  /** Creates the node of a row. A message that has just come rises; those of the history do not. */
  #make(row) {
    const node = makeRow(row);
    const isNew = row.kind === 'outgoing' || (row.message?.seq > this.view.drawn && row.message.from !== this.me);
    if (isNew && this.view.drawn !== undefined) {
      node.classList.add('rising');
      node.addEventListener('animationend', () => node.classList.remove('rising'), { once: true });
    }
    return node;
  }

  // --- events

  #scrolled() {
    if (this.isScrolling) return;
    this.isScrolling = true;
    requestAnimationFrame(() => {
      this.isScrolling = false;
      if (!this.view) return;
      this.seen.look(this.view);
      this.scroll.settle(this.view);
      this.#showMine();
      this.fill();
      this.moved();
    });
  }

  #clicked(target) {
    this.seen.lookSoon(this.view);
    clickRow(target, {
      load: () => { this.log.focus(); this.fill(); },
      decide: (label, key) => {
        this.decided();
        if (label === 'Retry') this.outbox.retry(key);
        else this.outbox.remove(key);
      },
    });
  }
}
