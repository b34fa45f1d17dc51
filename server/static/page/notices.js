// News outside the log: the title and the icon, the connection, refusals, the screen reader, the desktop.

import { SECOND, sleep } from './basics.js';
import { describeChanges, excerpt } from './changes.js';
import { $, focusBox, isLookedAt, setText } from './dom.js';
import { ofBrowser } from './session.js';

export class Notices {
  static KEY = 'linger.notify';

  constructor({ askWhoLooks, signal }) {
    Object.assign(this, { askWhoLooks, signal });
    /** When another tab last said that the user looks at it. */
    this.lookedAt = -1;
    /** @type {number[]} The ids of the messages that the screen reader was last told of. */
    this.told = [];
    /** The last notification of each conversation, with the id of its message. */
    this.shown = new Map();
    this.icon = document.querySelector('link[rel=icon]');
    this.serverName = 'linger';
    $('notify').addEventListener('change', () => this.#switch($('notify').checked), { signal });
    // No text outlives the session on the screen.
    signal.addEventListener('abort', () => { for (const { notification } of this.shown.values()) notification.close(); });
    this.#showSwitch();
  }

  /** The title counts what is for the user alone. A dot stands for everything else that is unread. */
  render(label, unread, called = 0) {
    const mark = called ? `(${called.toLocaleString()}) ` : unread ? '• ' : '';
    document.title = `${mark}${label ? `${label} · ` : ''}${this.serverName}`;
    this.#drawIcon(unread > 0);
  }

  /** Draws a bubble with three dots, and a coloured dot if something is unread. */
  #drawIcon(isUnread) {
    if (this.isUnread === isUnread) return;
    this.isUnread = isUnread;
    const bubble = 'M9 3h14a7 7 0 0 1 7 7v8a7 7 0 0 1-7 7h-8l-8 5v-5.3A7 7 0 0 1 2 18v-8a7 7 0 0 1 7-7z';
    const dot = (x, rest = '') => `<circle cx="${x}" cy="14" r="2.2" fill="#fff"${rest}/>`;
    const news = isUnread ? '<circle cx="25" cy="7" r="7" fill="#d9480f"/>' : '';
    const picture = `<path fill="#17695b" d="${bubble}"/>${dot(10)}${dot(16)}${dot(22, ' opacity=".45"')}${news}`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${picture}</svg>`;
    this.icon.href = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  }

  /** @param {ConnectionState} state */
  showConnection(state) {
    setText($('state'), state.words);
    $('state').dataset.state = $('my-state').dataset.state = state.name;
    const short = { connecting: 'Connecting…', connected: 'Connected', waiting: 'Not connected' };
    setText($('my-state'), short[state.name]);
    const isShown = state.name === 'waiting';
    if (!isShown && document.activeElement === $('try-now')) focusBox();
    $('try-now').hidden = !isShown;
  }

  /** Says why something was refused, for ten seconds. */
  alert(words) {
    setText($('alert'), words);
    clearTimeout(this.alertTimer);
    if (words) this.alertTimer = setTimeout(() => setText($('alert'), ''), 10 * SECOND);
  }

  /** Announces new messages without reading a whole conversation aloud. */
  announce(fresh, store, open) {
    const isNear = (message) => store.ofMessage(message) === open || message.room === undefined;
    const heard = fresh.filter((message) => message.from !== store.me && !message.deleted_at && isNear(message));
    if (!heard.length) return;
    const [{ from, text }] = heard;
    this.say(heard.length > 1 ? `${heard.length} new messages` : `${from}: ${excerpt(text, 300)}`, heard);
  }

  /** Announces what has changed in the open conversation. @param {[Message, Message][]} pairs before and after */
  announceChanges(pairs, store, open) {
    const seen = pairs.filter(([, after]) => store.ofMessage(after) === open);
    const words = describeChanges(seen, store.me);
    if (words) this.say(words, seen.map(([, after]) => after));
  }

  /**
   * Tells the screen reader, after what it was told just before; '' takes that back. It speaks changes only, so the text
   * is cleared first. `about` are the quoted messages.
   */
  say(words, about = []) {
    const isWaiting = words && this.waiting;
    this.told = [...(isWaiting ? this.told : []), ...about.map(({ id }) => id)];
    this.waiting = isWaiting ? `${this.waiting}\n${words}` : words;
    setText($('announcer'), '');
    clearTimeout(this.sayTimer);
    this.sayTimer = setTimeout(() => {
      setText($('announcer'), this.waiting);
      this.waiting = '';
    }, 50);
  }

  /** Takes back what was announced of messages that are deleted. */
  forget(changed) {
    for (const { id } of changed.filter((message) => message.deleted_at)) {
      if (this.told.includes(id)) this.say('');
      for (const [key, shown] of this.shown) {
        if (shown.id !== id) continue;
        shown.notification.close();
        this.shown.delete(key);
      }
    }
  }

  /** Takes back what was announced of a conversation. */
  forgetConversation(key) {
    this.say('');
    this.shown.get(key)?.notification.close();
    this.shown.delete(key);
  }

  /** Shows a message on the desktop, unless it is read within a second, in any tab. */
  async notify(message, conversation, show) {
    if (!this.#isOn) return;
    const asked = performance.now();
    this.askWhoLooks();
    await sleep(SECOND, this.signal);
    if (this.signal.aborted || conversation.lastRead >= message.seq || isLookedAt() || this.lookedAt >= asked) return;
    const { text, deleted_at: isGone } = conversation.find(message.seq) ?? message;
    if (isGone) return;
    const title = message.room === undefined ? message.from : `${message.from} in ${conversation.label}`;
    try {
      const body = excerpt(text, 200);
      const notification = new Notification(title, { body, tag: conversation.key, icon: this.icon.href });
      this.shown.set(conversation.key, { id: message.id, notification });
      notification.onclick = () => { window.focus(); notification.close(); show(conversation); };
    } catch { /* Android allows notifications from service workers only */ }
  }

  get #isOn() {
    return ofBrowser.get(Notices.KEY) === true && window.Notification?.permission === 'granted';
  }

  async #switch(isWanted) {
    ofBrowser.set(Notices.KEY, isWanted);
    if (isWanted && window.Notification?.permission === 'default') await Notification.requestPermission();
    this.#showSwitch();
  }

  #showSwitch() {
    const permission = window.Notification?.permission ?? 'missing';
    $('notify').checked = this.#isOn;
    $('notify').disabled = permission === 'missing' || permission === 'denied';
    const hints = {
      denied: 'Your browser blocks notifications from this page.',
      missing: 'Your browser does not support notifications.',
    };
    setText($('notify-hint'), hints[permission] ?? '');
  }
}
