// The dialog "Mentions": the messages that mention the user. Each leads to its place.

import { clock, dayName } from '../basics.js';
import { excerpt } from '../changes.js';
import { button, Panel } from '../dialogs.js';
import { element, reconcile, setText } from '../dom.js';

export class MentionsDialog {
  /** @param {{store: Store, lookBack: LookBack, open: (message: Message) => void}} does */
  constructor(does) {
    Object.assign(this, does);
    /** How far it has looked, in words; '' while it looks. */
    this.looked = '';
  }

  async show() {
    this.panel = new Panel('Mentions', { wide: true });
    this.list = element('ul', { className: 'mentions-list' });
    this.reach = element('p', { className: 'note', role: 'status' }, 'Looking through your rooms…');
    this.further = button('Look further back', () => this.#look(() => this.lookBack.further()), { hidden: true });
    this.panel.body.append(this.list, this.reach, element('p', { className: 'actions' }, this.further));
    this.draw();
    this.#lead();
    await this.#look(() => this.lookBack.latest());
  }

  async #look(action) {
    const wasEmpty = !this.list.firstChild;
    this.further.disabled = true;
    this.looked = '';
    setText(this.reach, 'Looking through your rooms…');
    const done = await this.panel.attempt(async () => { await action(); return true; });
    if (!this.panel.isOpen) return;
    this.looked = done ? this.lookBack.reach : '';
    if (!done) setText(this.reach, '');
    this.draw();
    if (wasEmpty) this.#lead();
    this.further.disabled = false;
    this.further.hidden = Boolean(done) && !this.lookBack.hasMore;
  }

  /** Draws the list as it is now: a mention may come, or a room be lost, while the dialog is open. */
  draw() {
    if (!this.panel.isOpen) return;
    reconcile(this.list, this.store.calls.map((message) => ({ key: message.id, message })), ({ message }) => this.#entry(message));
    if (this.looked) setText(this.reach, `${this.list.firstChild ? '' : 'Nobody has mentioned you. '}${this.looked}`);
  }

  /** Moves the focus to the newest message, unless the user has moved it. */
  #lead() {
    if (document.activeElement?.matches('body, #panel > .heading button')) this.list.querySelector('button')?.focus();
  }

  #entry(message) {
    const room = this.store.ofMessage(message);
    const isUnread = message.seq > room.lastRead && room.unread > 0;
    const at = new Date(message.sent_at);
    const where = `${message.from} in ${room.label} · ${dayName(at)} ${clock.format(at)}${isUnread ? ' · unread' : ''}`;
    const go = () => {
      this.panel.close();
      this.open(message);
    };
    const entry = button('', go, { className: `mentioning${isUnread ? ' unread' : ''}` });
    entry.append(element('span', { className: 'note' }, where), ' ', element('span', { dir: 'auto' }, excerpt(message.text, 300)));
    return element('li', {}, entry);
  }
}
