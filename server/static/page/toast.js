// What has just been done, for a while, with a button that takes it back.

import { SECOND } from './basics.js';
import { $, element } from './dom.js';

const SHOWN_MS = 10 * SECOND;

let timer;

/** Takes the offer away. */
export function withdraw() {
  clearTimeout(timer);
  $('toast').replaceChildren();
}

/** Says what was done, with a button `label` that does `undo`. It stays as long as the pointer or the focus is on it. */
export function offer(words, label, undo) {
  const toast = $('toast');
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => (toast.matches(':hover, :focus-within') ? wait() : withdraw()), SHOWN_MS);
  };
  const button = element('button', { type: 'button' }, label);
  button.addEventListener('click', () => { withdraw(); undo(); });
  const dismiss = element('button', { type: 'button', 'aria-label': 'Dismiss', title: 'Dismiss' }, '×');
  dismiss.addEventListener('click', withdraw);
  toast.replaceChildren(element('p', {}, words), button, dismiss);
  wait();
}
