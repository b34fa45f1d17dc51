// What has just been done, for a while, with a button that takes it back, or does more.

import { SECOND } from './basics.js';
import { $, element, focusBox } from './dom.js';

const SHOWN_MS = 10 * SECOND;

let timer;
/** @type {HTMLElement|null} What had the focus before a button of the toast. */
let before = null;

/** Takes the offer away. If it has the focus, that goes back to where it was, or to the message box. */
export function withdraw() {
  clearTimeout(timer);
  const toast = $('toast');
  const hadFocus = toast.contains(document.activeElement);
  toast.replaceChildren();
  if (!hadFocus) return;
  before?.focus();
  if (document.activeElement !== before) focusBox();
}

/**
 * Says what was done, with a button `label` that does `undo`. It stays as long as the pointer or the focus is on it.
 * Returns what takes it away.
 */
export function offer(words, label, undo) {
  withdraw();
  const toast = $('toast');
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => (toast.matches(':hover, :focus-within') ? wait() : withdraw()), SHOWN_MS);
  };
  const button = element('button', { type: 'button' }, label);
  button.addEventListener('click', () => { withdraw(); undo(); });
  const dismiss = element('button', { type: 'button', 'aria-label': 'Dismiss', title: 'Dismiss' }, '×');
  dismiss.addEventListener('click', withdraw);
  for (const each of [button, dismiss]) {
    each.addEventListener('focus', ({ relatedTarget: from }) => { if (!toast.contains(from)) before = from; });
  }
  toast.replaceChildren(element('p', {}, words), button, dismiss);
  wait();
  return () => button.isConnected && withdraw();
}
