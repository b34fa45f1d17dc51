// Input: the message box (`Composer`), and the page's buttons, keys and events (`listen`).

import { gist } from '../changes.js';
import { $, focusBox, isVisible, setLabel, setQuoted, setText } from '../dom.js';
import { isAlt, isCommand, isKey, isTyped } from '../gestures.js';
import { Bookmark, sessions } from '../session.js';
import { isReadable } from '../texts.js';
import { fit, isComposing, isSending, textOf } from '../typing.js';
import { listenForCode, listenForFiles } from './files.js';
import { isMac, listenToMenu, showHelp } from './menu.js';
import { listenToTouch } from './touch.js';

/** The message box. */
export class Composer {
  /**
   * @param {(text: string, replyTo?: number) => void} send
   * @param {(text: string, replyTo: number|null) => void} changed
   * @param {() => boolean} editLast edits the user's last message, and returns whether there is one
   */
  constructor({ send, changed, editLast, signal }) {
    Object.assign(this, { send, changed, editLast });
    this.text = $('text');
    /** @type {number|null} The seq of the message that the text answers. */
    this.answered = null;
    /** @type {{isSent: boolean}|null} What is typed while something else is opened that is to take it. */
    this.diverted = null;
    const on = (target, event, does) => target.addEventListener(event, does, { signal });
    on($('composer'), 'submit', (event) => { event.preventDefault(); this.#submit(); });
    on(this.text, 'input', () => { this.#fit(); this.#keep(); });
    on(this.text, 'keydown', (event) => this.#pressed(event));
    on($('no-reply'), 'click', () => this.reply(null));
    this.reconsider = listenForCode(this.text, signal);
  }

  /** Shows what the user was writing in a conversation. */
  show(conversation, { text, replyTo }) {
    const label = `Message ${conversation.label}`;
    setLabel(this.text, label);
    this.text.placeholder = label;
    if (this.text.value !== text) this.text.value = text;
    if (this.conversation !== conversation) this.diverted = null;
    [this.conversation, this.answered] = [conversation, replyTo];
    this.drawReply();
    this.#fit();
  }

  /** Forgets what was typed. */
  clear() {
    this.text.value = '';
    this.reply(null, false);
  }

  /** Takes the focus, except on a touch screen, where it would open the keyboard. */
  focus() { focusBox(); }

  /**
   * Opens something else to type in. What is typed before it is there belongs to it, unless the user goes to another
   * conversation: then it is a draft.
   * @param {() => Promise<((text: string, isSent: boolean) => void)|null>} open resolves to what takes the text, or to
   *   null if it could not be opened
   */
  async divert(open) {
    const diverted = this.diverted = { isSent: false };
    let take = null;
    let isHere = true;
    try {
      take = await open();
    } finally {
      isHere = this.diverted === diverted;
      if (isHere) this.diverted = null;
    }
    if (!isHere) return;
    const text = textOf(this.text);
    if (take) this.text.value = '';
    this.#fit();
    this.#keep();
    if (take && text) take(text, diverted.isSent);
  }

  /** The text answers a message, or none. */
  reply(message, isFocused = true) {
    this.answered = message?.seq ?? null;
    this.drawReply();
    this.#keep();
    if (isFocused) this.text.focus();
  }

  /** Draws what the text answers, as that message is now. */
  drawReply() {
    const { answered, conversation } = this;
    const message = answered && conversation.find(answered);
    $('replying').hidden = !answered;
    if (message) setQuoted($('replying-to'), `Reply to ${message.from}: `, gist(message));
    else setText($('replying-to'), answered ? 'Reply to an earlier message' : '');
  }

  #keep() {
    this.changed(this.text.value, this.answered);
  }

  #pressed(event) {
    const isPlain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey && !isComposing(event);
    if (isSending(event)) this.#submit();
    else if (event.key === 'ArrowUp' && isPlain && !this.text.value && !this.diverted && this.editLast()) { /* it is open */ }
    else if (event.key === 'Escape' && isPlain && this.answered) this.reply(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #fit() {
    $('send').disabled = !fit(this.text, $('text-hint'));
    this.reconsider();
  }

  #submit() {
    if ($('send').disabled) return;
    if (this.diverted) return void (this.diverted.isSent = true);
    const text = textOf(this.text);
    const { answered } = this;
    this.text.value = '';
    this.reply(null, false);
    this.#fit();
    this.send(text, answered ?? undefined);
  }
}

/** Connects the page's buttons, keys and events with a chat. */
export function listen(chat, signal) {
  const { actions, bookmark, extras, log, navigation, outbox, positions, store, sync, tabs } = chat;
  const on = (target, event, does) => target.addEventListener(event, does, { signal });
  on($('join'), 'click', () => actions.attempt(() => actions.join(navigation.current)));
  on($('leave'), 'click', () => actions.attempt(() => actions.leave(navigation.current)));
  on($('sign-out'), 'click', () => chat.signOut());
  on($('help-button'), 'click', showHelp);
  listenForFiles((words) => chat.notices.alert(words), signal);
  listenToMenu($('me'), $('account-menu'), signal);
  listenToMenu($('room-menu-button'), $('room-menu'), signal);
  listenToTouch(chat.sidebar, signal);
  on($('find-room'), 'click', () => extras.find('rooms'));
  on($('find-person'), 'click', () => extras.find('people'));
  on($('new-room'), 'click', () => extras.create(false));
  on($('new-group'), 'click', () => extras.create(true));
  for (const id of ['invite', 'invite-here']) on($(id), 'click', () => extras.invite());
  on($('mentions'), 'click', () => extras.mentions());
  on($('account'), 'click', () => extras.account());
  on($('devices'), 'click', () => extras.devices());
  on($('appearance'), 'click', () => extras.appearance());
  on($('notices'), 'click', () => $('notifications').showModal());
  on($('details'), 'click', () => extras.details());
  on($('log'), 'click', ({ target }) => target.matches('.author') && chat.store.about && extras.person(target.textContent));
  on($('log'), 'click', (event) => followLink(event, navigation));
  on($('try-now'), 'click', () => sync.nudge());
  on(document.querySelector('.skip'), 'click', (event) => {
    // The address names the conversation: it must not change.
    event.preventDefault();
    ($('composer').hidden ? $('join') : $('text')).focus();
  });
  on(document, 'input', ({ target }) => target.matches('#text, .editor textarea') && extras.complete(target));
  on(document, 'keydown', (event) => pressed(event, chat));
  // Until the page knows its rooms it shows none, and then the one of the address.
  on(window, 'popstate', () => (navigation.current || store.isReady) && navigation.restore());
  on(window, 'online', () => sync.wake());
  on(window, 'offline', () => sync.nudge());
  const keep = () => {
    // The last scroll may not have been told yet. Before anything is shown, the former place counts.
    if (log.view?.isFramed) navigation.keepScroll();
    bookmark.save();
  };
  on(window, 'pagehide', () => {
    keep();
    positions.flushNow();
    tabs.leave();
    chat.goAway();
  });
  on(window, 'beforeunload', (event) => {
    // A draft that no new tab will find, and what no tab will.
    const isDraftLost = !bookmark.isKept && isReadable($('text').value);
    const isEditLost = log.editor?.isChanged || [...store.conversations.values()].some(({ hasUnsaved }) => hasUnsaved);
    if (outbox.unsent.length || isDraftLost || isEditLost) event.preventDefault();
  });
  on(window, 'pageshow', ({ persisted }) => {
    if (!persisted) return;
    tabs.arrive();
    sync.wake();
  });
  on(document, 'resume', () => sync.wake());
  on(document, 'visibilitychange', () => {
    if (!isVisible()) keep();
    sync.lookedAt();
  });
  on(window, 'focus', () => sync.lookedAt());
  on(window, 'storage', ({ key }) => {
    if (key === sessions.KEY) chat.storageChanged();
    if (key === Bookmark.DRAFTS) navigation.draftsChanged();
  });
}

/** Follows a link to a conversation or message of this page here, and not in another tab. */
function followLink(event, navigation) {
  const link = event.target.closest('a');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const { hash } = link;
  if (link.href !== location.origin + location.pathname + hash || !Bookmark.parse(hash)) return;
  event.preventDefault();
  if (location.hash === hash) navigation.restore();
  else location.hash = hash;
}

function pressed(event, { extras, log, navigation, sidebar }) {
  // Autofill can send keydown events without a key.
  if (!event.key || isComposing(event) || document.querySelector('dialog[open]')) return;
  const isTyping = event.target.matches?.('input, textarea');
  if (event.key === 'Escape') return sidebar.isOpen ? sidebar.toggle(false) : void log.toEnd();
  const direction = { ArrowUp: -1, PageUp: -1, ArrowDown: 1, PageDown: 1 }[event.key];
  if (isCommand(event, isMac()) && !event.altKey && isKey(event, 'k')) extras.goTo();
  else if (/^[?？؟]$/.test(event.key) && !isTyping) showHelp();
  else if (isAlt(event, isMac()) && isKey(event, 'm')) extras.mentions();
  else if (event.altKey && event.key.startsWith('Arrow') && direction) navigation.step(direction, event.shiftKey);
  // Browsers may scroll there through all that lies between, and it would count as read.
  else if (event.key === 'End' && $('log').contains(event.target)) log.toEnd(false);
  else if (event.key.startsWith('Page') && event.target === $('text')) scrollPage(direction);
  else return void (isForComposer(event) && $('text').focus());
  event.preventDefault();
}

/** Returns whether a key types or pastes, and nothing that has the focus takes it. The browser then types it there. */
function isForComposer(event) {
  if ($('composer').hidden || event.defaultPrevented || event.target.matches?.('input, textarea, select')) return false;
  if (isCommand(event, isMac()) && !event.altKey && !event.shiftKey && isKey(event, 'v')) return true;
  return event.key !== ' ' && isTyped(event, isMac());
}

function scrollPage(direction) {
  $('log').scrollBy({ top: direction * $('log').clientHeight * 0.85 });
}
