// Input: the message box (`Composer`), and the page's buttons, keys and events (`listen`).

import { plural } from '../basics.js';
import { $, isVisible, setLabel, setText } from '../dom.js';
import { Bookmark, sessions } from '../session.js';
import { hasControls, isReadable } from '../texts.js';

const MAX_TEXT_BYTES = 16_384;

/**
 * Returns whether a key belongs to an input method, which uses Enter and Esc for itself. Safari ends the composition
 * before it sends the key, and marks it with the code 229.
 */
const isComposing = (event) => event.isComposing || event.keyCode === 229;

/** Returns whether Enter makes a new line: a keyboard on the screen has no Shift to hold. */
const isTouched = () => matchMedia('(hover: none) and (pointer: coarse)').matches;

/** The message box. */
export class Composer {
  constructor({ send, changed, signal }) {
    Object.assign(this, { send, changed });
    this.text = $('text');
    $('composer').addEventListener('submit', (event) => { event.preventDefault(); this.#submit(); }, { signal });
    this.text.addEventListener('input', () => { this.#fit(); this.changed(this.text.value); }, { signal });
    this.text.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || isComposing(event)) return;
      if (isTouched() && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.#submit();
    }, { signal });
  }

  show(conversation, draft) {
    const label = `Message ${conversation.label}`;
    setLabel(this.text, label);
    this.text.placeholder = label;
    if (this.text.value !== draft) this.text.value = draft;
    this.#fit();
  }

  /** Takes the focus, except on a touch screen, where it would open the keyboard. */
  focus() {
    if (matchMedia('(hover: hover)').matches && !$('composer').hidden) this.text.focus();
  }

  #fit() {
    this.text.style.height = 'auto';
    this.text.style.height = `${this.text.scrollHeight}px`;
    const left = MAX_TEXT_BYTES - new TextEncoder().encode(this.text.value).length;
    const wrong = left < 0 ? `Too long by ${plural(-left, 'byte')}.`
      : hasControls(this.text.value) ? 'Control characters cannot be sent.' : '';
    $('send').disabled = Boolean(wrong) || !isReadable(this.text.value);
    setText($('text-hint'), wrong || (left < 400 ? `${plural(left, 'byte')} left.` : ''));
    $('text-hint').classList.toggle('over', Boolean(wrong));
  }

  #submit() {
    if ($('send').disabled) return;
    // Half of a character, as an input method may leave one, is no text for the server.
    const text = this.text.value.replace(/\p{Surrogate}/gu, '\ufffd');
    this.text.value = '';
    this.#fit();
    this.changed('');
    this.send(text);
  }
}

/** Connects the page's buttons, keys and events with a chat. */
export function listen(chat, signal) {
  const { actions, bookmark, finder, navigation, outbox, positions, sync, tabs } = chat;
  const on = (target, event, does) => target.addEventListener(event, does, { signal });
  on($('join'), 'click', () => actions.attempt(() => actions.join(navigation.current)));
  on($('leave'), 'click', () => actions.attempt(() => actions.leave(navigation.current)));
  on($('sign-out'), 'click', () => chat.signOut());
  on($('help-button'), 'click', () => $('help').showModal());
  on($('find-room'), 'click', () => finder.show('rooms'));
  on($('find-person'), 'click', () => finder.show('people'));
  on($('try-now'), 'click', () => sync.nudge());
  on(document.querySelector('.skip'), 'click', (event) => {
    // The address names the conversation: it must not change.
    event.preventDefault();
    ($('composer').hidden ? $('join') : $('text')).focus();
  });
  on(document, 'keydown', (event) => pressed(event, chat));
  on(window, 'popstate', () => navigation.restore());
  on(window, 'online', () => sync.wake());
  on(window, 'offline', () => sync.nudge());
  on(window, 'pagehide', () => { bookmark.save(); positions.flushNow(); tabs.leave(); });
  on(window, 'beforeunload', (event) => {
    // A draft that no new tab will find.
    const isDraftLost = !bookmark.isKept && isReadable($('text').value);
    if (outbox.unsent.length || isDraftLost) event.preventDefault();
  });
  on(window, 'pageshow', ({ persisted }) => persisted && sync.wake());
  on(document, 'resume', () => sync.wake());
  on(document, 'visibilitychange', () => {
    if (!isVisible()) bookmark.save();
    sync.lookedAt();
  });
  on(window, 'focus', () => sync.lookedAt());
  on(window, 'storage', ({ key }) => {
    if (key === sessions.KEY) chat.storageChanged();
    if (key === Bookmark.DRAFTS) navigation.draftsChanged();
  });
}

function pressed(event, { finder, log, navigation, sidebar }) {
  // Autofill can send keydown events without a key.
  if (!event.key || isComposing(event) || document.querySelector('dialog[open]')) return;
  const isTyping = event.target.matches?.('input, textarea');
  if (event.key === 'Escape') return sidebar.isOpen ? sidebar.toggle(false) : void log.toEnd();
  const direction = { ArrowUp: -1, PageUp: -1, ArrowDown: 1, PageDown: 1 }[event.key];
  if ((event.ctrlKey || event.metaKey) && !event.altKey && isKey(event, 'k')) finder.show('both');
  else if (/^[?？؟]$/.test(event.key) && !isTyping) $('help').showModal();
  else if (event.altKey && event.key.startsWith('Arrow') && direction) navigation.step(direction, event.shiftKey);
  // Browsers may scroll there through all that lies between, and it would count as read.
  else if (event.key === 'End' && $('log').contains(event.target)) log.toEnd(false);
  else if (event.key.startsWith('Page') && event.target === $('text')) scrollPage(direction);
  else return;
  event.preventDefault();
}

/** Returns whether a key is the letter, or where the letter would be if the layout has other letters than Latin ones. */
function isKey({ key, code }, letter) {
  return key.toLowerCase() === letter || (code === `Key${letter.toUpperCase()}` && /[^\0-\x7f]/.test(key));
}

function scrollPage(direction) {
  $('log').scrollBy({ top: direction * $('log').clientHeight * 0.85 });
}
