// Input: the message box (`Composer`), and the page's buttons, keys and events (`listen`).

import { plural } from '../basics.js';
import { $, isVisible, setText } from '../dom.js';
import { sessions } from '../session.js';

const MAX_TEXT_BYTES = 4096;

/** The message box. */
export class Composer {
  constructor({ send, changed, signal }) {
    Object.assign(this, { send, changed });
    this.text = $('text');
    $('composer').addEventListener('submit', (event) => { event.preventDefault(); this.#submit(); }, { signal });
    this.text.addEventListener('input', () => { this.#fit(); this.changed(this.text.value); }, { signal });
    this.text.addEventListener('keydown', (event) => {
      // An input method uses Enter for itself.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    }, { signal });
  }

  show(conversation, draft) {
    this.text.ariaLabel = this.text.placeholder = `Message ${conversation.label}`;
    this.text.value = draft;
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
    $('send').disabled = !this.text.value.trim() || left < 0;
    const hint = left < 0 ? `Too long by ${plural(-left, 'byte')}.` : left < 400 ? `${plural(left, 'byte')} left.` : '';
    setText($('text-hint'), hint);
    $('text-hint').classList.toggle('over', left < 0);
  }

  #submit() {
    if ($('send').disabled) return;
    const text = this.text.value;
    this.text.value = '';
    this.#fit();
    this.changed('');
    this.send(text);
  }
}

/** Connects the page's buttons, keys and events with a chat. */
export function listen(chat, signal) {
  const { actions, bookmark, finder, navigation, outbox, positions, sync } = chat;
  const on = (target, event, does) => target.addEventListener(event, does, { signal });
  on($('join'), 'click', () => actions.attempt(() => actions.join(navigation.current)));
  on($('leave'), 'click', () => actions.attempt(() => actions.leave(navigation.current)));
  on($('sign-out'), 'click', () => chat.signOut());
  on($('help-button'), 'click', () => $('help').showModal());
  on($('find-room'), 'click', () => finder.show('rooms'));
  on($('find-person'), 'click', () => finder.show('people'));
  on($('try-now'), 'click', () => sync.nudge());
  on(document, 'keydown', (event) => pressed(event, chat));
  on(window, 'popstate', () => navigation.restore());
  on(window, 'online', () => sync.nudge());
  on(window, 'offline', () => sync.nudge());
  on(window, 'pagehide', () => { bookmark.save(); positions.flushNow(); });
  on(window, 'beforeunload', (event) => outbox.unsent.length && event.preventDefault());
  on(window, 'pageshow', ({ persisted }) => persisted && sync.wake());
  on(document, 'resume', () => sync.wake());
  on(document, 'visibilitychange', () => isVisible() && sync.lookedAt());
  on(window, 'storage', ({ key }) => key === sessions.KEY && chat.storageChanged());
}

function pressed(event, { finder, log, navigation, sidebar }) {
  // Autofill can send keydown events without a key.
  if (!event.key || document.querySelector('dialog[open]')) return;
  const isTyping = event.target.matches?.('input, textarea');
  if (event.key === 'Escape') return sidebar.isOpen ? sidebar.toggle(false) : void log.toEnd();
  const direction = { ArrowUp: -1, PageUp: -1, ArrowDown: 1, PageDown: 1 }[event.key];
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') finder.show('both');
  else if (event.key === '?' && !isTyping) $('help').showModal();
  else if (event.altKey && event.key.startsWith('Arrow') && direction) navigation.step(direction, event.shiftKey);
  else if (event.key.startsWith('Page') && event.target === $('text')) scrollPage(direction);
  else return;
  event.preventDefault();
}

function scrollPage(direction) {
  $('log').scrollBy({ top: direction * $('log').clientHeight * 0.85 });
}
